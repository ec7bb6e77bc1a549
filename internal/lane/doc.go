// Package lane commits everything that changes an account, many works in one
// transaction.
//
// Its words: a [Work] is one purchase, return, hold, grant or settlement of one
// holder; a batch is what shares a commit; a round is the part of a batch in
// which every holder stands at most once, so that a holder's second work sees
// what the first one did. A [Desk] is a work's place while it is judged:
// everything it needs is loaded on it before [Work.Decide] runs, and what it
// changes is written after, both in bulk for the whole round.
//
// Durability is paid once per batch: a caller is answered after the commit.
// A work that is refused leaves nothing behind and disturbs no other; a batch
// that fails is split until the failing work stands alone.
//
// The lane decides nothing about points; the stories that hand in works do.
package lane
