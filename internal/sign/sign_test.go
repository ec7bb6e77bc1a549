package sign

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/fault"
)

func TestAFirstStartMakesAKeyFileOnlyTheOwnerReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "joren.keys")
	r, created, err := LoadOrCreate(path)
	if err != nil || !created {
		t.Fatalf("first start: created %v, %v", created, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	again, created, err := LoadOrCreate(path)
	if err != nil || created || again.Check() != r.Check() || !bytes.Equal(again.Text(), r.Text()) {
		t.Errorf("second start: created %v, same %v, %v", created, again.Check() == r.Check(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); !fault.Is(err, "keys.too_open") {
		t.Errorf("a key file others can read: %v", err)
	}
	if _, err := Load(path + "x"); !fault.Is(err, "keys.missing") {
		t.Errorf("no file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".keys-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestADamagedKeyFileIsRefused(t *testing.T) {
	good := string(New().Text())
	for name, text := range map[string]string{
		"empty": "", "header": strings.Replace(good, "keys 1", "keys 2", 1), "short key": good[:len(good)-3], "not hex": strings.Replace(good, "key 1 ", "key 1 zz", 1),
		"no key": good[:strings.Index(good, "key 1 ")], "no index": strings.Replace(good, "index", "#index", 1), "key zero": strings.Replace(good, "key 1", "key 0", 1), "twice": good + good[strings.Index(good, "key 1 "):], "words": good + "hello\n",
	} {
		if _, err := Parse([]byte(text)); !fault.Is(err, "keys.damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var here = Place{"member_secret", "doc", [16]byte{1}}

func TestASealedValueOpensOnlyInItsOwnPlaceAndUnaltered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New()
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		k, wrapped := r.NewDataKey(here)
		box := k.Seal(plain, here)
		k2, err := r.Unwrap(wrapped, here)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k2.Open(box, here); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened %x, %v", got, err)
		}
		for _, other := range []Place{{"member_secret", "doc", [16]byte{2}}, {"member_secret", "memo", [16]byte{1}}, {"x", "doc", [16]byte{1}}} {
			if _, err := k2.Open(box, other); !fault.Is(err, "seal.broken") {
				t.Fatalf("opened at %v: %v", other, err)
			}
			if _, err := r.Unwrap(wrapped, other); !fault.Is(err, "seal.broken") {
				t.Fatalf("unwrapped at %v: %v", other, err)
			}
		}
		i := rapid.IntRange(0, len(box)-1).Draw(t, "i")
		box[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k2.Open(box, here); err == nil {
			t.Fatalf("opened with byte %d altered", i)
		}
		if _, err := k2.Open(box[:i], here); err == nil {
			t.Fatalf("opened cut to %d", i)
		}
	})
}

func TestRotationKeepsOldValuesReadableUntilTheOldKeyIsRetired(t *testing.T) {
	old := New()
	k, wrapped := old.NewDataKey(here)
	box := k.Seal([]byte("山田"), here)
	now := old.Rotated()
	k2, err := now.Unwrap(wrapped, here)
	if err != nil || WrappedBy(wrapped) != 1 {
		t.Fatalf("after rotation: %v, key %d", err, WrappedBy(wrapped))
	}
	again := now.Wrap(k2, here)
	if WrappedBy(again) != 2 || now.KeyID() != 2 {
		t.Errorf("wrapped by %d", WrappedBy(again))
	}
	only, err := now.Retired(2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := only.Unwrap(wrapped, here); !fault.Is(err, "keys.unknown") {
		t.Errorf("the old wrapping opens with the old key gone: %v", err)
	}
	k3, err := only.Unwrap(again, here)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k3.Open(box, here); err != nil || string(got) != "山田" {
		t.Errorf("%q, %v", got, err)
	}
	if only.Check() != old.Check() || only.Index("f").Token("x") != old.Index("f").Token("x") || !bytes.Equal(only.CodeHash("c", "x"), old.CodeHash("c", "x")) {
		t.Error("rotation changed the indexes: stored ones would be lost")
	}
	if _, err := now.Retired(3); err == nil {
		t.Error("retired every key")
	}
}

func TestBlindIndexesDifferByFieldByShopAndByValue(t *testing.T) {
	a, b := New(), New()
	seen := map[int64]string{}
	for name, tok := range map[string]int64{
		"phone": a.Index("phone").Token("0901"), "mail": a.Index("mail").Token("0901"), "other shop": b.Index("phone").Token("0901"), "other value": a.Index("phone").Token("0902"),
	} {
		if tok < 0 {
			t.Errorf("%s is negative", name)
		}
		if other, ok := seen[tok]; ok {
			t.Errorf("%s and %s have one index", name, other)
		}
		seen[tok] = name
	}
	x := a.Index("phone")
	if x.Token("0901") != a.Index("phone").Token("0901") || !bytes.Equal(x.Key("a"), x.Key("a")) || len(x.Key("a")) != 16 {
		t.Error("an index is not stable")
	}
	if bytes.Equal(a.CodeHash("a", "bc"), a.CodeHash("ab", "c")) {
		t.Error("kinds of codes run into each other")
	}
	if !Equal([]byte("a"), []byte("a")) || Equal([]byte("a"), []byte("b")) || Equal([]byte("a"), []byte("ab")) {
		t.Error("Equal")
	}
}

func TestACardCodeLivesOneMinuteAndCannotBeAltered(t *testing.T) {
	r := New()
	alias := [16]byte{7, 7, 7}
	at := clock.MustInstant("2026-11-15T01:12:40Z")
	code := r.CardCode(alias, at)
	for _, c := range []struct {
		after time.Duration
		code  string
	}{{0, ""}, {59 * time.Second, ""}, {-5 * time.Second, ""}, {60 * time.Second, "card.code_expired"}, {-6 * time.Second, "card.code_expired"}, {24 * time.Hour, "card.code_expired"}} {
		got, err := r.ReadCard(code, at.Add(c.after))
		if c.code == "" && (err != nil || got.Alias != alias || got.Issued != at || got.Once == "") || c.code != "" && !fault.Is(err, c.code) {
			t.Errorf("after %v: %+v, %v", c.after, got, err)
		}
	}
	if !IsCardCode(code) || IsCardCode("2900000123458") || strings.Trim(code, "0123456789ABCDEFGHJKLMNPQRSTVWXYZ") != "" {
		t.Errorf("code %q", code)
	}
	if _, err := r.ReadCard(strings.ToLower(" "+code+"\n"), at); err != nil {
		t.Errorf("a scanner that adds a newline: %v", err)
	}
	for i := range len(code) {
		alt := []byte(code)
		if alt[i]++; alt[i] == code[i] {
			continue
		}
		if got, err := r.ReadCard(string(alt), at); err == nil && got.Alias != alias {
			t.Errorf("altered at %d reads as %v", i, got)
		}
	}
	if _, err := New().ReadCard(code, at); !fault.Is(err, "card.code_invalid") {
		t.Errorf("another shop's code: %v", err)
	}
	if _, err := r.Rotated().ReadCard(code, at); err != nil {
		t.Errorf("a code shown just before rotation: %v", err)
	}
	if next := r.CardCode(alias, at.Add(CardEvery)); next == code {
		t.Error("the code does not change")
	}
}

func TestALinkServesItsPurposeUntilItExpires(t *testing.T) {
	r := New()
	end := clock.MustInstant("2026-11-15T01:00:00Z")
	link := r.Link("unsubscribe", []byte("payload"), end)
	if got, err := r.ReadLink("unsubscribe", link, end-1); err != nil || string(got) != "payload" {
		t.Errorf("%q, %v", got, err)
	}
	for name, c := range map[string]struct {
		purpose, link string
		now           clock.Instant
		code          string
	}{
		"expired": {"unsubscribe", link, end, "link.expired"}, "other purpose": {"survey", link, end - 1, "link.invalid"}, "cut": {"unsubscribe", link[:len(link)-2], end - 1, "link.invalid"},
		"empty": {"unsubscribe", "", 1, "link.invalid"}, "altered": {"unsubscribe", "B" + link[1:], end - 1, "link.invalid"},
	} {
		if _, err := r.ReadLink(c.purpose, c.link, c.now); !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.ReadLink("x", r.Link("x", nil, clock.Never), end); err != nil {
		t.Errorf("a link for ever: %v", err)
	}
}

// No scan, however odd, is taken for a genuine code or breaks the reader.
func FuzzReadCard(f *testing.F) {
	r := New()
	at := clock.MustInstant("2026-11-15T01:12:40Z")
	f.Add(r.CardCode([16]byte{1}, at))
	f.Add("2900000123458")
	f.Add("J1")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := r.ReadCard(s, at); err == nil && c.Alias != [16]byte{1} {
			t.Fatalf("%q was taken for %v", s, c)
		}
		_, _ = r.ReadLink("x", s, at)
	})
}

func BenchmarkSealDocument(b *testing.B) {
	r := New()
	doc := make([]byte, 400)
	for b.Loop() {
		k, _ := r.NewDataKey(here)
		k.Seal(doc, here)
	}
}

func BenchmarkOpenDocument(b *testing.B) {
	r := New()
	k, w := r.NewDataKey(here)
	box := k.Seal(make([]byte, 400), here)
	for b.Loop() {
		k, _ := r.Unwrap(w, here)
		if _, err := k.Open(box, here); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToken(b *testing.B) {
	x := New().Index("member.phone")
	for b.Loop() {
		x.Token("09012345678")
	}
}
