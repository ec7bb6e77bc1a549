// Package insight measures loyalty: who buys, how often, who comes back, how
// likely a member is to buy again, and why.
//
// Its words: the columns are a shop's purchases in memory, one narrow array a
// property, each person's together; a reading is what the columns say at the
// end of a business day, with a trained score; a metric is one definition that
// screen, file and API share; a filter is one cut applied to all of them.
//
// The columns are read once through a [Source] and then follow the events of
// the outbox. What cannot be read again, the scores of past months, stands in
// its tables, and of a large shop the columns as of some hours ago, so that a
// start need not read everything. An outlook is a member's forecast with ranges.
//
// It never shows or ranks the probability to be "alive": a repeat-buying model
// gives 1 to everyone who bought once. People see the probability of at least
// one purchase within a stated number of days.
package insight

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Purchase is one purchase as a source hands it over.
type Purchase struct {
	Member   ident.ID // as recorded; a guest's own id for a guest
	Guest    bool
	Day      clock.Day // the shop's business day
	Store    string
	Channel  string
	Gross    int64 // paid with tax, minor units
	Net      int64 // of Gross, what did not come back
	Eligible int64 // of what is kept
	Kept     bool  // a line is kept: it counts as a purchase
	Lines    []Line
}

// Line is what is kept of one product in a purchase.
type Line struct {
	Product  string // the shop's number of it, or its name
	Quantity int64
	Amount   int64  // paid with tax
	Name     string // as on this receipt
	Category string // "" where the shop gives none
	Words    int32  // place of Product, Name and Category among all Words handed over so far, and one; 0 where they stand here
}

// Words are what a product's lines say of it.
type Words struct{ Product, Name, Category string }

// A Batch is some purchases as a source hands them over: where many lines say
// the same words, those are told once and beside them.
type Batch struct {
	List  []Purchase
	Words []Words // those not handed over before
}

// Person is a member as measuring sees her: nothing that tells who she is.
type Person struct {
	ID      ident.ID
	Into    ident.ID // the member she was merged into, zero for none
	Active  bool     // not withdrawn, erased or merged
	Joined  clock.Day
	Store   string // joined at
	Channel string // joined through
	Tier    string // id of her rank
	Ranked  bool   // above the lowest
}

// Traits are what is known of a member to divide members by.
type Traits struct {
	Born   int // year of birth, 0 when it is not known
	Gender string
	Area   string
	Own    map[string]string // the shop's own attributes that are a choice
}

// Source reads what other rooms keep, in any order. A nil list means all.
type Source interface {
	Count(tx *db.Tx) (people, purchases int64, err error) // of all, about, to say how far reading them is
	People(tx *db.Tx, ids []ident.ID, fn func(*Person) error) error
	Traits(tx *db.Tx, ids []ident.ID, fn func(ident.ID, *Traits) error) error // of those of whom anything is known
	Purchases(tx *db.Tx, members []ident.ID, fn func(*Batch) error) error     // fn's until it returns
	GuestPurchases(tx *db.Tx, days []clock.Day, fn func(*Purchase) error) error
	DaysOf(tx *db.Tx, purchases []ident.ID) ([]clock.Day, error)
	Points(tx *db.Tx, from, to clock.Day) (Points, error)
	PointsByHolder(tx *db.Tx, from, to clock.Day) ([]Moved, error) // the same from the journal, to be cut
	Gifts(tx *db.Tx, from, to clock.Day) ([]Gift, error)           // points given for no purchase
}

// Moved is what moved on one account at one store within a period.
type Moved struct {
	Holder ident.ID // a member, or a household that is nobody here
	Store  string
	Points Points // its Value is not set
}

// Gift is points given on a day for no purchase.
type Gift struct {
	Holder ident.ID
	On     clock.Day
	Points int64
}
