// Package ledger keeps the accounts of points: who was given what, when it
// opens and dies, what was spent of it, and what is owed.
//
// An account is one holder (a member or a household) and one point type. A lot
// is one credit with its own life. An entry is an immutable journal line, a
// piece says which lot (or the debt) an entry moved by how much, a hold
// reserves points of named lots, and debt is the negative part of an account,
// kept apart from its lots. The laws are SEMANTICS §5, §6 and §20.
//
// [Book] is the working copy of one account. It is loaded in bulk ([Load]),
// changed by its methods, which are pure and read no clock, and written in bulk
// ([Save]) behind a guard on the account's version:
//
//	books, err := ledger.Load(tx, wants)            // any number of accounts
//	err = books[0].Award(posting, grants...)        // one decision after another
//	debit, err := books[0].Spend(posting, 600)
//	lost, err := ledger.Save(tx, books)             // holders that must be judged again
//
// Every method first writes the rows that are due at posting.Recorded
// (activation, expiry, automatic cancelling, holds that ran out), so balances
// are a function of time and never of a job; the day turn only calls
// [Book.Settle]. A method that returns a fault has written nothing but such
// rows. [Book.Clone] gives a copy to try something on.
//
// Instants: Posting.Occurred is when it happened (credits and their lives are
// counted from it), Posting.Recorded when we write it (debits see the lots
// alive then). Recorded never runs backwards within an account.
//
// Save also books what the entries moved, by day of accounting: what happened
// in a month whose books are closed ([Close]) is booked in the first open one.
// [BookedOn] and [Fold] give the programme's side, day by day.
//
// Impossible states panic: better to stop than to book on.
//
// The package knows no programme document, no rule and no purchase: it is
// handed a [Policy] and ids. It does not decide how much is given or demanded.
package ledger
