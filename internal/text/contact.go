package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"joren/internal/fault"
)

func bad(code string) error { return fault.New(fault.Invalid, code) }

// Phone is the canonical form of a phone number: national digits for Japan
// (09012345678, 0312345678), + and digits for other countries
// (+14155550100). It reads any width, hyphens, spaces, brackets, +81, 0081
// and +81(0).
//
// Faults: phone.empty, phone.invalid, phone.leading_zero (a spreadsheet ate
// the 0 and it cannot be told where it stood; for mobile and IP phones it is
// put back).
func Phone(s string) (string, error) {
	intl, d, err := phoneDigits(s)
	if err != nil {
		return "", err
	}
	if !intl && strings.HasPrefix(d, "0081") {
		intl, d = true, d[2:]
	} else if !intl && strings.HasPrefix(d, "010") && len(d) > 11 {
		intl, d = true, d[3:] // 010 is the international prefix from Japan
	}
	if intl {
		return phoneAbroad(d)
	}
	return phoneJapan(d)
}

func phoneDigits(s string) (intl bool, digits string, err error) {
	var b strings.Builder
	for _, r := range norm.NFKC.String(Cell(s)) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0 && !intl:
			intl = true
		case isDash(r) || strings.ContainsRune("() ./・\t", r) || invisible(r):
		default:
			return false, "", bad("phone.invalid")
		}
	}
	if b.Len() == 0 {
		return false, "", bad("phone.empty")
	}
	return intl, b.String(), nil
}

func phoneAbroad(d string) (string, error) {
	if rest, ok := strings.CutPrefix(d, "81"); ok {
		return phoneJapan("0" + strings.TrimPrefix(rest, "0"))
	}
	if len(d) < 7 || len(d) > 15 || d[0] == '0' { // ITU-T E.164: at most 15 digits
		return "", bad("phone.invalid")
	}
	return "+" + d, nil
}

// phoneJapan: ten digits, or eleven for 070–090, 050, 020, 0800.
func phoneJapan(d string) (string, error) {
	if d[0] != '0' {
		switch {
		case len(d) == 10 && d[1] == '0' && strings.IndexByte("5789", d[0]) >= 0:
			d = "0" + d
		case len(d) == 9:
			return "", bad("phone.leading_zero")
		default:
			return "", bad("phone.invalid")
		}
	}
	eleven := len(d) == 11 && (d[2] == '0' || strings.HasPrefix(d, "0800")) && d[1] != '0'
	ten := len(d) == 10 && d[1] != '0'
	if !eleven && !ten {
		return "", bad("phone.invalid")
	}
	return d, nil
}

// ShowPhone puts hyphens into a canonical number where the grouping is known
// without the table of area codes: mobile, IP, free dial, Tokyo, Osaka.
func ShowPhone(p string) string {
	cut := func(a, b int) string { return p[:a] + "-" + p[a:b] + "-" + p[b:] }
	switch {
	case strings.HasPrefix(p, "0800") && len(p) == 11:
		return cut(4, 7)
	case len(p) == 11 && p[0] == '0':
		return cut(3, 7)
	case len(p) == 10 && (strings.HasPrefix(p, "0120") || strings.HasPrefix(p, "0570")):
		return cut(4, 7)
	case len(p) == 10 && (strings.HasPrefix(p, "03") || strings.HasPrefix(p, "06")):
		return cut(2, 6)
	}
	return p
}

// Email is the canonical form of a mail address: half-width, lower case.
// Japanese carriers once gave out addresses with dots in a row or at the end
// of the local part, so those pass although RFC 5321 forbids them.
//
// Faults: email.empty, email.invalid.
func Email(s string) (string, error) {
	s = strings.ToLower(Clean(Cell(s)))
	if s == "" {
		return "", bad("email.empty")
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 || !mailLocal(local) || !mailDomain(domain) {
		return "", bad("email.invalid")
	}
	return s, nil
}

func mailLocal(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>[]:;@\,"`, r)
	})
}

func mailDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(l, func(r rune) bool {
			return r < 0x80 && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}) {
			return false
		}
	}
	return true
}

// MailKey is the form that shows two addresses to be one mailbox: what
// follows a + in the local part goes, and for Google mail the dots too. For
// finding doubles only; mail goes to the address as given.
func MailKey(canonical string) string {
	local, domain, _ := strings.Cut(canonical, "@")
	local, _, _ = strings.Cut(local, "+")
	if domain == "gmail.com" || domain == "googlemail.com" {
		local, domain = strings.ReplaceAll(local, ".", ""), "gmail.com"
	}
	return local + "@" + domain
}

// PostCode is 123-4567, from any width, with or without 〒 and hyphen.
//
// Faults: postcode.empty, postcode.invalid.
func PostCode(s string) (string, error) {
	var b strings.Builder
	for _, r := range norm.NFKC.String(Cell(s)) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '〒' || r == ' ' || isDash(r) || invisible(r):
		default:
			return "", bad("postcode.invalid")
		}
	}
	d := b.String()
	switch len(d) {
	case 0:
		return "", bad("postcode.empty")
	case 7:
		return d[:3] + "-" + d[3:], nil
	}
	return "", bad("postcode.invalid")
}
