package liability

import "joren/internal/amount"

// Money is how what is carried for a key moves in a month, in minor units.
// Opening + Added − Spent − Cancelled − Released = Closing.
type Money struct {
	Opening   int64
	Added     int64 // for points issued: taken from sales, or cost
	Spent     int64 // for points used; of a contract liability all revenue of the month, lapsed points and new expectations included
	Cancelled int64 // for points that returns and corrections took back
	Released  int64 // points that lapsed, new expectations, another method; negative when more is carried
	Closing   int64
	OnUse     int64 // cost of points used, where nothing is carried
}

func (m *Money) add(o Money) {
	m.Opening += o.Opening
	m.Added += o.Added
	m.Spent += o.Spent
	m.Cancelled += o.Cancelled
	m.Released += o.Released
	m.Closing += o.Closing
	m.OnUse += o.OnUse
}

// Worth is a cohort at the end of a month and what is carried for it.
type Worth struct {
	*Cohort
	Expected int64 // points used in the end
	Money
}

// step is what happened to a cohort in the month being valued.
type step struct {
	was     Cohort // at the month's start
	opening int64
	putOff  int64 // L0 of the points issued in it
}

// value carries a cohort over a month.
func (t Terms) value(c *Cohort, s step) (w Worth, err error) {
	w = Worth{Cohort: c, Expected: t.expected(c), Money: Money{Opening: s.opening}}
	switch {
	case t.Value == 0:
	case t.Method == OnUse:
		w.OnUse, err = amount.Mul(c.Used()-s.was.Used(), t.Value)
	case t.Method == ContractLiability:
		err = t.contract(&w, s)
	default:
		err = t.provision(&w, s)
	}
	w.Released = w.Opening + w.Added - w.Spent - w.Cancelled - w.Closing
	if t.Method == ContractLiability {
		w.Spent, w.Released = w.Spent+w.Released, 0
	}
	return w, err
}

// priced splits what is carried for points of a sale: L0 less what returns took
// back, in proportion to the points, and the points no price stands behind
// (brought in as earned by a sale, or made up for), which are carried at what
// they cost.
func (c *Cohort) priced() (l0, unpriced int64, err error) {
	basis := c.Basis()
	if c.Priced <= 0 {
		return 0, basis, nil
	}
	l0, err = rounded(max(0, c.PutOff), min(basis, c.Priced), c.Priced)
	return l0, max(0, basis-c.Priced), err
}

func (t Terms) contract(w *Worth, s step) error {
	l0, unpriced, err := w.priced()
	if err != nil {
		return err
	}
	was, _, err := s.was.priced()
	if err != nil {
		return err
	}
	extra, err := StandAlone(max(0, (w.Issued-w.Priced)-(s.was.Issued-s.was.Priced)), t.Value, t.Use)
	if err != nil {
		return err
	}
	w.Added = s.putOff + extra
	w.Cancelled = was + s.putOff - l0
	if w.Open() == 0 {
		return nil
	}
	earned, err := t.earned(l0, w)
	if err != nil {
		return err
	}
	bare := int64(0)
	if unpriced > 0 {
		if bare, err = Provision(w.Used(), w.Expected, t.Value); err == nil {
			bare, err = rounded(bare, unpriced, w.Basis())
		}
	}
	w.Closing = l0 - earned + bare
	return err
}

// earned is the revenue so far. Where no breakage is expected there is no share
// of it to spread over use: what lapses is earned when it lapses (IFRS 15 B46).
func (t Terms) earned(l0 int64, w *Worth) (int64, error) {
	if t.Use == Whole && t.Source != ByCohorts {
		return Earned(l0, w.Used()+w.Lapsed(), w.Basis())
	}
	return Earned(l0, w.Used(), w.Expected)
}

// provision carries points at what they cost; bought ones in full.
func (t Terms) provision(w *Worth, s step) error {
	use := t.Use
	if t.Method == Advance {
		use = Whole
	}
	given := w.Issued - s.was.Issued
	back := -(w.Reversed + w.Adjusted + w.Transferred - s.was.Reversed - s.was.Adjusted - s.was.Transferred)
	if back < 0 {
		given, back = given-back, 0
	}
	var err error
	if w.Added, err = StandAlone(max(0, given), t.Value, use); err != nil {
		return err
	}
	if w.Cancelled, err = StandAlone(back, t.Value, use); err != nil {
		return err
	}
	if w.Spent, err = amount.Mul(w.Used()-s.was.Used(), t.Value); err != nil {
		return err
	}
	w.Closing, err = Provision(w.Used(), w.Expected, t.Value)
	return err
}
