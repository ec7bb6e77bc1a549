package purchase

import (
	"strconv"

	"joren/internal/amount"
	"joren/internal/fault"
	"joren/internal/rules"
)

// Bought is a recorded purchase as far as returns need it: the cart as it
// was judged and the shares fixed then.
type Bought struct {
	Cart       []rules.Line
	Values     []int64 // per line of the cart
	Freight    int64   // shipping's part of the eligible amount
	PointsPaid int64
	PointValue int64 // minor units per point paid; 0 means 1
}

// Slip is one return that has been recorded: lines and what it gave back.
type Slip struct {
	Lines      []ReturnLine
	PointsBack int64
	Cash       int64
}

// Plan is what a return does.
type Plan struct {
	Lines    []ReturnLine // what comes back, the whole rest spelt out
	Parts    []Part       // what that takes from each line of the cart, aligned with it
	Value    int64        // of what comes back, with tax
	Eligible int64        // leaves the eligible amount, shipping's part included when nothing is kept

	PointsBack int64 // points paid that come back now
	Cash       int64 // to pay out: the value less the points that come back

	Kept        []rules.Line // the cart now, lines with kept pieces only
	KeptFreight int64        // 0 when nothing is kept
	KeptTotal   int64        // eligible amount now
	Whole       bool         // nothing is kept
}

// Part is what one line loses by a return.
type Part struct {
	Quantity, Value, Eligible int64
}

// line is what is left of one line. Pieces that come back one after another
// are counted from the same start, so ten slips take what one takes; a price
// correction between them opens a new start.
type line struct {
	qty, value, eligible, amount int64 // at the start
	pieces                       int64 // come back since
	corrected                    int64 // taken off the value since
}

func (l line) share(x int64) int64 {
	switch {
	case l.pieces == l.qty && l.pieces > 0:
		return 0
	case l.pieces > 0:
		return x - mulDiv(x, l.pieces, l.qty)
	case l.corrected > 0:
		return x - mulDiv(x, l.corrected, l.value)
	}
	return x
}

// now is l with its start moved here.
func (l line) now() line {
	return line{qty: l.qty - l.pieces, value: l.share(l.value), eligible: l.share(l.eligible), amount: l.share(l.amount)}
}

// unit is the price of a piece; pieces that come back do not change it, a
// price correction does.
func (l line) unit() int64 {
	if l.corrected > 0 {
		l = l.now()
	}
	return l.amount / max(1, l.qty)
}

func (l *line) giveBack(pieces int64) bool {
	if l.corrected > 0 {
		*l = l.now()
	}
	if pieces > l.qty-l.pieces {
		return false
	}
	l.pieces += pieces
	return true
}

func (l *line) correct(by int64) bool {
	if l.pieces > 0 {
		*l = l.now()
	}
	if by > l.value-l.corrected {
		return false
	}
	l.corrected += by
	return true
}

// state is what is left of a purchase.
type state struct {
	b     *Bought
	lines []line
	byNo  map[int]int
}

func (b *Bought) state() *state {
	s := &state{b: b, lines: make([]line, len(b.Cart)), byNo: make(map[int]int, len(b.Cart))}
	for i, l := range b.Cart {
		s.lines[i] = line{qty: l.Quantity, value: b.Values[i], eligible: l.Eligible, amount: l.Amount}
		s.byNo[l.No] = i
	}
	return s
}

// apply takes lines back. More than is there is return.exceeds_purchase.
func (s *state) apply(lines []ReturnLine) error {
	var wrong []fault.Field
	for k, r := range lines {
		at := "lines[" + strconv.Itoa(k) + "]"
		i, ok := s.byNo[r.No]
		if !ok {
			wrong = append(wrong, fault.At(at+".no", "line.unknown", "no", r.No))
			continue
		}
		l := &s.lines[i]
		switch {
		case r.Quantity > 0 && !l.giveBack(r.Quantity):
			wrong = append(wrong, fault.At(at+".quantity", "return.exceeds_purchase", "no", r.No, "asked", r.Quantity, "left", l.qty-l.pieces))
		case r.Amount > 0 && !l.correct(r.Amount):
			wrong = append(wrong, fault.At(at+".amount", "return.exceeds_purchase", "no", r.No, "asked", r.Amount, "left", l.value-l.corrected))
		}
	}
	if len(wrong) > 0 {
		return fault.New(fault.Invalid, "return.exceeds_purchase").With(wrong...)
	}
	return nil
}

// rest spells out everything that is left.
func (s *state) rest() []ReturnLine {
	var all []ReturnLine
	for i, l := range s.lines {
		if left := l.qty - l.pieces; left > 0 {
			all = append(all, ReturnLine{No: s.b.Cart[i].No, Quantity: left})
		}
	}
	return all
}

func (s *state) kept() bool {
	for _, l := range s.lines {
		if l.qty > l.pieces {
			return true
		}
	}
	return false
}

// total is the value of all lines, whole or what is left of it.
func (s *state) value() (all, left int64) {
	for i, l := range s.lines {
		all += s.b.Values[i]
		left += l.now().value
	}
	return all, left
}

// pointsBack is how many points paid have come back at a state: in
// proportion to the value returned, all of them when nothing is kept.
func (s *state) pointsBack() int64 {
	all, left := s.value()
	if !s.kept() || all == 0 && s.b.PointsPaid == 0 {
		return s.b.PointsPaid
	}
	if all == 0 {
		return 0
	}
	return mulDiv(s.b.PointsPaid, all-left, all)
}

// Returned decides a return on what earlier returns have left. No lines
// means all the rest. Points paid come back cumulatively and so does the
// value of each line, so splitting a return changes nothing in the sum
// (SEMANTICS §6, EXAMPLES §8 ◆7–9).
//
// Cash is the value so far less the points so far, less the cash so far, and
// never negative: with points that pay more than one minor unit a slip may
// pay nothing.
//
// Faults: return.exceeds_purchase with the lines, return.nothing_left.
func Returned(b *Bought, prior []Slip, lines []ReturnLine) (*Plan, error) {
	s := b.state()
	back, cash := int64(0), int64(0)
	for _, p := range prior {
		s.clamp(p.Lines) // a newer state of the order may have fewer pieces than came back
		back += p.PointsBack
		cash += p.Cash
	}
	if !s.kept() {
		return nil, fault.New(fault.Invalid, "return.nothing_left")
	}
	if len(lines) == 0 {
		lines = s.rest()
	}
	before := make([]line, len(s.lines))
	for i, l := range s.lines {
		before[i] = l.now()
	}
	if err := s.apply(lines); err != nil {
		return nil, err
	}
	return s.plan(lines, before, back, cash)
}

func (s *state) plan(lines []ReturnLine, before []line, back, cash int64) (*Plan, error) {
	p := &Plan{Lines: lines, Parts: make([]Part, len(s.lines)), Whole: !s.kept()}
	for i, l := range s.lines {
		n := l.now()
		p.Parts[i] = Part{before[i].qty - n.qty, before[i].value - n.value, before[i].eligible - n.eligible}
		p.Value += p.Parts[i].Value
		p.Eligible += p.Parts[i].Eligible
	}
	p.Kept, p.KeptFreight = s.cart()
	p.KeptTotal = p.KeptFreight
	for _, l := range p.Kept {
		p.KeptTotal += l.Eligible
	}
	if p.Whole {
		p.Eligible += s.b.Freight
	}
	soFar := s.pointsBack()
	p.PointsBack = max(0, soFar-back)
	worth, err := amount.Mul(soFar, max(1, s.b.PointValue))
	if err != nil {
		return nil, err
	}
	all, left := s.value()
	p.Cash = max(0, all-left-worth-cash)
	return p, nil
}

// cart is what is kept, as the judge sees it.
func (s *state) cart() (kept []rules.Line, freight int64) {
	for i, l := range s.lines {
		n := l.now()
		if n.qty == 0 {
			continue
		}
		c := s.b.Cart[i]
		c.Quantity, c.Amount, c.Eligible = n.qty, n.amount, n.eligible
		c.UnitPrice = l.unit()
		kept = append(kept, c)
	}
	if len(kept) > 0 {
		freight = s.b.Freight
	}
	return kept, freight
}

// Kept is the cart that earlier returns have left.
func Kept(b *Bought, prior []Slip) (cart []rules.Line, freight int64, err error) {
	s := b.state()
	for _, p := range prior {
		s.clamp(p.Lines)
	}
	cart, freight = s.cart()
	return cart, freight, nil
}

// Demand is what a return takes back of an award of one point type: the
// total max(0, awarded − now), less what was demanded before. It is negative
// when the smaller cart is judged higher than the one before; then that much
// goes back to the lots it came from (SEMANTICS §6.2).
func Demand(awarded, now, soFar int64) int64 {
	return max(0, awarded-now) - soFar
}

// Demands is Demand for every point type of an award, in its order. now is
// the judgement on the kept cart, soFar what was demanded per type.
func Demands(awarded, now []rules.Award, soFar map[string]int64) map[string]int64 {
	out := make(map[string]int64, len(awarded))
	for _, a := range awarded {
		left := int64(0)
		for _, n := range now {
			if n.Type == a.Type {
				left = n.Points
			}
		}
		out[a.Type] = Demand(a.Points, left, soFar[a.Type])
	}
	return out
}
