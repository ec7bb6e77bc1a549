package staff

import (
	"strings"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
)

const userColumns = "id, login, name, role, status, password, password_at, lang, theme, created_at"

func scanUser(r db.Row) (u User, err error) {
	var password *string
	err = r.Scan(&u.ID, &u.Login, &u.Name, &u.Role, &u.Status, &password, &u.PasswordAt, &u.Lang, &u.Theme, &u.CreatedAt)
	if password != nil {
		u.Password = *password
	}
	return u, err
}

// Create stores a new user and gives it an id and its time. The login is
// folded. Faults: those of the fields, staff.login_taken.
func Create(tx *db.Tx, u User) (User, error) {
	u.Login, u.Name = Login(u.Login), strings.TrimSpace(u.Name)
	if err := checkUser(u); err != nil {
		return User{}, err
	}
	u.ID, u.CreatedAt = ident.New(), tx.Wall
	n, err := tx.Exec(`INSERT INTO staff_user (`+userColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (login) DO NOTHING`,
		u.ID, u.Login, u.Name, string(u.Role), string(u.Status), orNull(u.Password), u.PasswordAt, string(u.Lang), u.Theme, u.CreatedAt)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "staff.login_taken").With(fault.At("login", "staff.login_taken"))
	}
	return u, err
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func missing() error { return fault.New(fault.NotFound, "staff.unknown") }

// Get finds a user by id: staff.unknown.
func Get(tx *db.Tx, id ident.ID) (User, error) {
	return db.One(tx, missing(), scanUser, `SELECT `+userColumns+` FROM staff_user WHERE id = $1`, id)
}

// Find finds a user by what was typed as login; found is false without one.
func Find(tx *db.Tx, login string) (u User, found bool, err error) {
	return db.Maybe(tx, scanUser, `SELECT `+userColumns+` FROM staff_user WHERE login = $1`, Login(login))
}

// List gives all users, by name.
func List(tx *db.Tx) ([]User, error) {
	return db.Query(tx, scanUser, `SELECT `+userColumns+` FROM staff_user ORDER BY name, id`)
}

// HasOwner reports whether an active owner exists.
func HasOwner(tx *db.Tx) (bool, error) {
	n, err := owners(tx)
	return n > 0, err
}

func owners(tx *db.Tx) (int64, error) {
	return db.One(tx, missing(), db.Value[int64], `SELECT count(*) FROM staff_user WHERE role = 'owner' AND status = 'active'`)
}

// SetRole changes a user's role. The last active owner stays one:
// staff.last_owner.
func SetRole(tx *db.Tx, id ident.ID, role Role) error {
	if !role.Known() {
		return fault.New(fault.Invalid, "staff.role_unknown").With(fault.At("role", "staff.role_unknown"))
	}
	return change(tx, id, `UPDATE staff_user SET role = $2 WHERE id = $1`, string(role))
}

// SetStatus disables a user or lets them in again: staff.last_owner.
func SetStatus(tx *db.Tx, id ident.ID, s Status) error {
	return change(tx, id, `UPDATE staff_user SET status = $2 WHERE id = $1`, string(s))
}

// change updates a user who must exist and must not leave the shop without an
// owner. All owners are locked first, so two owners cannot remove each other
// at the same moment.
func change(tx *db.Tx, id ident.ID, q string, arg any) error {
	if _, err := tx.Exec(`UPDATE staff_user SET role = role WHERE role = 'owner'`); err != nil {
		return err
	}
	before, err := owners(tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(q, id, arg)
	if err != nil {
		return err
	}
	if n == 0 {
		return missing()
	}
	after, err := owners(tx)
	if err == nil && before > 0 && after == 0 {
		err = fault.New(fault.Conflict, "staff.last_owner")
	}
	return err
}

// SetPassword stores a hash made by [Hash] and makes the user active.
func SetPassword(tx *db.Tx, id ident.ID, hash string) error {
	n, err := tx.Exec(`UPDATE staff_user SET password = $2, password_at = $3, status = 'active' WHERE id = $1 AND status <> 'disabled'`, id, hash, tx.Wall)
	if err == nil && n == 0 {
		err = missing()
	}
	return err
}

// Rehash replaces a hash whose parameters were outdated; the password and its
// age stay.
func Rehash(tx *db.Tx, id ident.ID, old, hash string) error {
	_, err := tx.Exec(`UPDATE staff_user SET password = $3 WHERE id = $1 AND password = $2`, id, old, hash)
	return err
}

// SetPreferences stores language and colours.
func SetPreferences(tx *db.Tx, id ident.ID, lang i18n.Lang, theme string) error {
	_, err := tx.Exec(`UPDATE staff_user SET lang = $2, theme = $3 WHERE id = $1`, id, string(lang), theme)
	return err
}

// Names gives the names of users by id, for lists.
func Names(tx *db.Tx) (map[ident.ID]string, error) {
	users, err := List(tx)
	names := make(map[ident.ID]string, len(users))
	for _, u := range users {
		names[u.ID] = u.Name
	}
	return names, err
}
