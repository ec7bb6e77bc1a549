package staff

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"joren/internal/fault"
	"joren/internal/ident"
)

// cost is argon2id's parameters, stored with each hash so that they can rise
// without locking anybody out. 19 MiB, two passes, one lane is the smallest
// set the OWASP Password Storage Cheat Sheet recommends.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var present = cost{19 * 1024, 2, 1}

const hashLen = 32

// seats lets two hashes run at a time: many sign-ins must not eat the
// machine's memory.
var seats = make(chan struct{}, 2)

// CheckPassword refuses passwords that are too short (fewer than 10
// characters), too long (more than 128), the login itself, or among those
// everybody tries: staff.password_short, _long, _common.
func CheckPassword(login, password string) error {
	p := norm.NFKC.String(password)
	switch n := utf8.RuneCountInString(p); {
	case n < 10:
		return passwordFault("staff.password_short", "min", 10)
	case n > 128:
		return passwordFault("staff.password_long", "max", 128)
	}
	if folded := strings.ToLower(p); common[folded] || folded == login || sameRune(folded) {
		return passwordFault("staff.password_common")
	}
	return nil
}

func passwordFault(code string, args ...any) error {
	return fault.New(fault.Invalid, code, args...).With(fault.At("password", code, args...))
}

var common = map[string]bool{
	"1234567890": true, "0123456789": true, "12345678910": true, "0987654321": true, "9876543210": true, "password123": true,
	"password1234": true, "passw0rd123": true, "qwertyuiop": true, "qwerty12345": true, "1q2w3e4r5t": true, "q1w2e3r4t5": true,
	"abcdefghij": true, "abcdefg123": true, "iloveyou123": true, "administrator": true, "letmein123": true, "welcome123": true,
	"sakura1234": true, "tokyo12345": true, "joren12345": true, "1qaz2wsx3edc": true, "zaq12wsxcde3": true,
}

func sameRune(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// Hash makes the stored form of a password, "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
// It waits for a seat and returns fault.Unavailable when ctx ends first.
func Hash(ctx context.Context, password string) (string, error) {
	salt := []byte(ident.Token(16))
	key, err := derive(ctx, present, salt, password, hashLen)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, present.memory, present.passes, present.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func derive(ctx context.Context, c cost, salt []byte, password string, n uint32) ([]byte, error) {
	select {
	case seats <- struct{}{}:
		defer func() { <-seats }()
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "staff.busy").Because(ctx.Err())
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.passes, c.memory, c.threads, n), nil
}

// Verify reports whether password made hash, and whether hash should be made
// anew because the parameters have risen since. An empty or damaged hash
// costs the same time and is never right.
func Verify(ctx context.Context, hash, password string) (ok, stale bool, err error) {
	c, salt, want, valid := parse(hash)
	if !valid {
		c, salt, want = present, []byte("no such person here"), make([]byte, hashLen)
	}
	got, err := derive(ctx, c, salt, password, uint32(len(want)))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want) == 1 && valid
	return ok, ok && c != present, nil
}

func parse(hash string) (c cost, salt, key []byte, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	ok = err1 == nil && err2 == nil && len(salt) >= 8 && len(key) >= 16 && c.passes > 0 && c.threads > 0 && c.memory >= 8
	return c, salt, key, ok
}
