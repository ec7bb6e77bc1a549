// Package liability is what open points are worth in the accounts: how much of
// a sale is put off until they are used, what of them will never be, and the
// journal of a month (SEMANTICS §13; ASBJ Statement No. 29 and Guidance No. 30,
// paragraphs 48 to 50; IFRS 15 B39 to B47).
//
// Its words: a cohort is the points of one type and origin that were issued in
// one month; a move is what happened to a cohort in a month of accounting;
// basis is what of a cohort was ever there to be used; the use share is how
// much of the basis is expected to be used in the end, the rest is breakage.
// A month is valued from its moves and settled once its books are closed: what
// was settled is never computed again, corrections fall into the next month.
//
// Rounding: money is in minor units. Each figure that is carried (the part of
// a sale put off, the revenue so far, an expected number of points) is rounded
// once, half up; what moves in a month is the difference of carried figures,
// so that rounding never piles up and a cohort ends at exactly 0.
//
// It reads no ledger: package day hands it moves and prices.
package liability
