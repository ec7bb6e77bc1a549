package stats

import "fmt"

// NotEnough says that the data cannot carry an answer. It is a finding, not a
// defect: the caller says in words what is missing. Code is stable for ever.
type NotEnough struct {
	Code string  // one of the Few…, No… codes below
	Have float64 // what there is
	Need float64 // the least that would do, 0 where that is no number
}

func (e *NotEnough) Error() string {
	return fmt.Sprintf("%s: have %g, need %g", e.Code, e.Have, e.Need)
}

// What can be missing.
const (
	FewCustomers  = "stats.few_customers"   // Have, Need customers
	FewRepeaters  = "stats.few_repeaters"   // customers with at least one repeat purchase
	FewPaid       = "stats.few_paid"        // customers whose repeat purchases come to more than nothing
	NoHistory     = "stats.no_history"      // nobody has been observed for any time
	NoDifference  = "stats.no_difference"   // customers do not differ more than chance makes them; Have is the likelihood ratio
	SameAmounts   = "stats.same_amounts"    // mean amounts do not differ between customers
	SpendTail     = "stats.spend_tail"      // mean spend does not exist (q ≤ 1); Have is q
	OneOutcome    = "stats.one_outcome"     // all labels are alike; Have counts the rarer one
	FewAnswers    = "stats.few_answers"     // answers, units or observations
	NoVariation   = "stats.no_variation"    // a column or outcome that never changes
	FewCohorts    = "stats.few_cohorts"     // rows of a development triangle
	NotConverged  = "stats.not_converged"   // no maximum was found; Have is the largest slope left
	NothingIssued = "stats.nothing_started" // a development factor divides by nothing
)

// BadInput says which value breaks the contract of a function: a defect of the
// caller, never of the shop's data.
type BadInput struct {
	What  string
	Index int // place in the slice, -1 if it is not one place
}

func (e *BadInput) Error() string { return fmt.Sprintf("stats: %s (at %d)", e.What, e.Index) }
