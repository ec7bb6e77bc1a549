package staff

import (
	"context"
	"strings"
	"testing"

	"joren/internal/fault"
)

func TestPasswordsAreKeptAsArgon2idWithTheirParameters(t *testing.T) {
	ctx := context.Background()
	h, err := Hash(ctx, "春はあけぼの やうやう白く")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %s", h)
	}
	for password, want := range map[string]bool{"春はあけぼの やうやう白く": true, "春はあけぼの　やうやう白く": true, "春はあけぼの": false, "": false} {
		if ok, stale, err := Verify(ctx, h, password); ok != want || stale || err != nil {
			t.Errorf("%q: ok %v, stale %v, %v", password, ok, stale, err)
		}
	}
	if again, _ := Hash(ctx, "春はあけぼの やうやう白く"); again == h {
		t.Error("two hashes of one password are equal: no salt")
	}
}

func TestAHashWithOldParametersIsRightAndStale(t *testing.T) {
	old := oldHash(t, "correct horse battery")
	if ok, stale, err := Verify(context.Background(), old, "correct horse battery"); !ok || !stale || err != nil {
		t.Errorf("ok %v, stale %v, %v", ok, stale, err)
	}
}

func oldHash(t *testing.T, password string) string {
	now := present
	present = cost{8 * 1024, 1, 1}
	defer func() { present = now }()
	h, err := Hash(context.Background(), password)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestADamagedOrMissingHashIsNeverRight(t *testing.T) {
	for _, h := range []string{"", "$argon2id$v=19$m=19456,t=2,p=1$$", "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA", "plain"} {
		if ok, _, err := Verify(context.Background(), h, ""); ok || err != nil {
			t.Errorf("%q: %v, %v", h, ok, err)
		}
	}
}

func TestNoMoreThanTwoHashesRunAtATime(t *testing.T) {
	seats <- struct{}{}
	seats <- struct{}{}
	defer func() { <-seats; <-seats }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Hash(ctx, "a third at the same time"); fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("a third hash got a seat: %v", err)
	}
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	for password, code := range map[string]string{
		"短い": "staff.password_short", "123456789": "staff.password_short", strings.Repeat("長い", 70): "staff.password_long",
		"PASSWORD123": "staff.password_common", "１２３４５６７８９０": "staff.password_common", "hana@example.com": "staff.password_common",
		"ああああああああああ": "staff.password_common", "いろはにほへとちりぬるを": "", "tall trees grow slowly": "",
	} {
		err := CheckPassword("hana@example.com", password)
		if code == "" && err != nil || code != "" && !fault.Is(err, code) {
			t.Errorf("%q: %v, want %q", password, err, code)
		}
	}
}
