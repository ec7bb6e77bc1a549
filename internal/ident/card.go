package ident

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
)

// CheckDigit is the EAN-13 check digit of twelve digits (GS1 General
// Specifications, 7.9): weights 1 and 3 alternate from the left.
func CheckDigit(twelve string) (byte, error) {
	if len(twelve) != 12 {
		return 0, fmt.Errorf("ident: a check digit needs twelve digits, not %d", len(twelve))
	}
	sum := 0
	for i := range 12 {
		d := int(twelve[i] - '0')
		if d < 0 || d > 9 {
			return 0, fmt.Errorf("ident: a card number has digits only")
		}
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return '0' + byte((10-sum%10)%10), nil
}

// NewCard makes a random member number of 13 digits with its EAN-13 check
// digit. It begins with 29, from the range 20–29 that GS1 leaves to a shop's
// own use. Random, so that numbers do not tell how many members there are;
// the caller retries on a collision.
func NewCard() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e10))
	if err != nil {
		panic("ident: no randomness: " + err.Error())
	}
	twelve := fmt.Sprintf("29%010d", n)
	c, _ := CheckDigit(twelve)
	return twelve + string(c)
}

// ValidCard reports whether s is 13 digits with a right check digit. Cards of
// another maker may have any number and are not checked with this.
func ValidCard(s string) bool {
	if len(s) != 13 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	c, err := CheckDigit(s[:12])
	return err == nil && c == s[12]
}
