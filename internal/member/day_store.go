package member

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// BirthdaysOn are the active members whose birthday falls on day d: with 29
// February on the 28th in years without one. They are found by the keyed
// token of the date, so whoever sees the table sees only which members share
// a birthday, not when it is.
func (m *Members) BirthdaysOn(tx *db.Tx, d clock.Day) ([]ident.ID, error) {
	return m.dueOn(tx, d, m.index.monthDay.Token)
}

// AnniversariesOn are the active members with a registered anniversary that
// falls on day d.
func (m *Members) AnniversariesOn(tx *db.Tx, d clock.Day) ([]ident.ID, error) {
	return m.dueOn(tx, d, m.index.anniversary.Token)
}

func (m *Members) dueOn(tx *db.Tx, d clock.Day, token func(string) int64) ([]ident.ID, error) {
	second := token(monthDay(d))
	first := second
	if y, mo, dd := d.Date(); mo == 2 && dd == 28 && (clock.MonthDay{Month: 2, Day: 29}).In(y) == d {
		second = token("02-29")
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT DISTINCT member_token.member_id FROM member_token JOIN member_member ON member_member.member_id = member_token.member_id
		WHERE member_token.token IN ($1, $2) AND member_member.status = 'active' ORDER BY member_token.member_id`, first, second)
}

// JoinedOn are the active members who joined from one day to another,
// inclusive.
func (m *Members) JoinedOn(tx *db.Tx, from, to clock.Day) ([]ident.ID, error) {
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM member_member WHERE joined_on >= $1 AND joined_on <= $2 AND status = 'active' ORDER BY joined_on, member_id`, from, to)
}
