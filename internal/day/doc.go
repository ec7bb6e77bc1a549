// Package day is the story of time passing: the turn from one business day to
// the next (日次処理) and the closing of a month's books (月次締め).
//
// Its words: the turn into day D writes down what is true from D's first
// instant, the turn's one as-of instant, whenever it runs; closing day DATE on
// the command line is the turn into the day after. A step is a part of a turn.
// A gift is what a rule gives for a date or a rise in rank, not for a purchase.
//
// A turn writes rows that are due (activation, expiry, lapsed holds), brings
// ranks up to date, gives the gifts of birthdays and anniversaries, publishes
// reminders, writes off old debt, applies returns that waited, and adds up the
// liability. Activation and expiry are written in the order of their instants
// and before the ranks: no rank looks at spendable points, so this equals the
// order in SEMANTICS §11.
//
// No balance and no rank needs it (SEMANTICS §5 L1, §7 T10). It costs what is
// due, it may run twice, late or on two nodes, and may be broken off anywhere:
// each transaction writes rows together with how far the turn is, behind a
// fence; gifts are guarded by their natural key.
//
// It must not decide who gets how much: rules and ledger do.
package day
