package insight

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/stats"
)

// stall is a shop written by hand: who bought what on which day.
type stall struct{ bought map[int][]Purchase }

func (s *stall) buys(who int, day int, products ...string) {
	if s.bought == nil {
		s.bought = map[int][]Purchase{}
	}
	p := Purchase{Day: opened + clock.Day(day), Store: "honten", Channel: "shop", Kept: true}
	for _, x := range products {
		p.Lines = append(p.Lines, Line{Product: x, Quantity: 1, Amount: 100, Name: "the " + x, Category: map[bool]string{true: "leaf", false: "bean"}[x < "M"]})
		p.Net += 100
	}
	p.Gross, p.Eligible = p.Net, p.Net
	s.bought[who] = append(s.bought[who], p)
}

func (s *stall) columns() *Columns {
	c := newColumns()
	for who := range 10_000 {
		if list, ok := s.bought[who]; ok {
			n := c.people.number(memberID(who))
			c.people.active[n] = true
			c.put(n, list)
		}
	}
	c.people.relate()
	return c
}

func (s *stall) on(day int) *Shelf { return s.columns().shelve(opened + clock.Day(day)) }

func TestARhythmOfTenDaysIsFoundAndTheNextIsDue(t *testing.T) {
	var s stall
	for who := range 12 {
		for _, day := range []int{0, 10, 20} {
			s.buys(who, day, "TEA")
		}
		s.buys(who, 0, "RARE")
	}
	shelf := s.on(25)
	tea := shelf.Find("TEA")
	if tea == nil || tea.Buyers != 12 || tea.Repeaters != 12 || tea.Days != 36 || tea.Quantity != 36 || tea.Sales != 3600 || tea.Name != "the TEA" || tea.Category != "bean" || tea.Last != opened+20 {
		t.Fatalf("%+v", tea)
	}
	if r := tea.Return; tea.NoReturn != nil || r.Median != 10 || r.Low != 10 || r.High != 10 || r.Gaps != 24 || r.Share.Value != 1 || !tea.Replenished {
		t.Errorf("%+v, %v", r, tea.NoReturn)
	}
	if n, worth := shelf.DueCount(DueSoon); n != 12 || worth <= 0 || worth > 1200 {
		t.Errorf("%d due, worth %v", n, worth)
	}
	d := shelf.due.rows[0]
	if d.On != opened+30 || math.Abs(d.Interval-10) > 1e-9 || d.Times != 3 || d.Amount != 100 || d.State != DueSoon || d.Chance < 0.85 || d.Chance >= 1 {
		t.Errorf("%+v", d)
	}
	for day, want := range map[int]DueState{30: DueSoon, 31: Overdue, 40: Overdue, 41: NotDue} {
		if x := s.on(day); x.due.counts[want] != 12 {
			t.Errorf("day %d: %v, want 12 %s", day, x.due.counts, want)
		}
	}
	rare := shelf.Find("RARE")
	if few, ok := errors.AsType[*stats.NotEnough](rare.NoReturn); !ok || few.Code != stats.FewRepeaters || rare.Usual() != 0 || rare.Replenished || shelf.Find("NONE") != nil {
		t.Errorf("%+v", rare)
	}
}

func TestAMembersIntervalIsDrawnToTheProductsByCredibility(t *testing.T) {
	// k = 0.6/0.2 = 3, so three own gaps have half the weight: √(20·40) days.
	s := &Shelf{Day: opened + 130, belief: stats.Credibility{Within: 0.6, Between: 0.2}, strength: 1,
		Products: []Product{{Code: "A", Replenished: true, Return: stats.Return{Median: 20, Share: stats.Interval{Value: 0.5, Low: 0.4, High: 0.6}}}}}
	var list []taken
	for _, day := range []clock.Day{0, 40, 80, 120} {
		list = append(list, taken{day: opened + day, amount: 300})
	}
	var buf []int
	d, ok := s.dueOf(0, list, &buf)
	if !ok || math.Abs(d.Own-0.5) > 1e-12 || math.Abs(d.Interval-math.Sqrt(800)) > 1e-9 || d.On != opened+120+28 || d.Amount != 300 || d.State != DueLater {
		t.Errorf("%+v", d)
	}
	// q = (0.5·1 + 3)/(1 + 3) = 0.875; spread √(0.6 + 0.2·0.5); ten days have passed.
	f := func(x float64) float64 {
		return 0.5 * math.Erfc(-(math.Log(x)-math.Log(math.Sqrt(800)))/(math.Sqrt(0.7)*math.Sqrt2))
	}
	want := 0.875 * (f(24) - f(10)) / (0.875*(1-f(10)) + 0.125) // the middle of 0.4…0.6 is the share
	if math.Abs(d.Chance-want) > 1e-9 || math.Abs(d.Worth()-300*want) > 1e-6 {
		t.Errorf("chance %v, want %v", d.Chance, want)
	}
	once, _ := s.dueOf(0, list[3:], &buf)
	if once.Own != 0 || math.Abs(once.Interval-20) > 1e-9 || once.listed() {
		t.Errorf("one purchase has the product's interval and is on no list: %+v", once)
	}
}

func TestPairsByHandAndRareOnesNotOnTop(t *testing.T) {
	var s stall
	for i := range 100 { // 100 members, a basket each
		list := []string{""}
		if i < 40 {
			list = append(list, "A")
		}
		if i < 36 || i >= 96 {
			list = append(list, "B")
		}
		if i >= 50 && i < 52 { // two baskets only: the largest lift, and nothing
			list = append(list, "X", "Y")
		}
		s.buys(i, 0, list...)
	}
	for day := range 20 { // one customer's habit
		s.buys(0, day+1, "P", "Q")
		s.buys(1, day+1, "")
	}
	shelf := s.on(60)
	if shelf.Baskets != 140 || len(shelf.Pairs) != 1 {
		t.Fatalf("%d baskets, pairs %+v", shelf.Baskets, shelf.Pairs)
	}
	p := shelf.Pairs[0]
	a, b := shelf.Products[p.First].Code, shelf.Products[p.Second].Code
	if a+b != "AB" && a+b != "BA" || p.Count.Both != 36 || p.Members != 36 || math.Abs(p.Lift.Value-36*140.0/(40*40)) > 1e-12 || p.Count.Confidence() != 0.9 || math.Abs(p.Support()-36.0/140) > 1e-12 || p.Chance > 1e-6 {
		t.Errorf("%s %s %+v", a, b, p)
	}
	x, y := shelf.Find("A").Partners, shelf.Find("B").Partners
	if len(x) != 1 || len(y) != 1 || x[0].Lift != y[0].Lift || x[0].Extra != y[0].Extra || x[0].First != y[0].Second {
		t.Errorf("from A %+v, from B %+v", x, y)
	}
}

func TestEntryProductsByHand(t *testing.T) {
	var s stall
	for who := range 20 {
		first := []string{"TEA"}
		if who < 12 {
			first = append(first, "CAKE")
		}
		s.buys(who, 0, first...)
		if who < 9 { // nine of the twelve with cake come again within ninety days
			s.buys(who, 90, "TEA")
		}
		if who == 15 {
			s.buys(who, 91, "TEA") // a day too late
		}
	}
	s.buys(20, 60, "CAKE") // not watched for ninety days by day 149
	shelf := s.on(149)
	if cake := shelf.Find("CAKE"); cake.NoEntry != nil || cake.Firsts != 12 || cake.Seconds != 9 || cake.Entry.Value != 0.75 {
		t.Errorf("%+v", cake)
	}
	if shelf.Firsts != 20 || math.Abs(shelf.Second.Value-0.45) > 1e-12 {
		t.Errorf("%d, %+v", shelf.Firsts, shelf.Second)
	}
}

func TestCategoryGapsAreOfMembers(t *testing.T) {
	var s stall
	for who := range 200 {
		switch {
		case who < 60:
			s.buys(who, 0, "A", "Z") // leaf and bean
		case who < 80:
			s.buys(who, 0, "A")
		case who < 90:
			s.buys(who, 0, "Z")
		default:
			s.buys(who, 0, "")
		}
	}
	shelf := s.on(10)
	if len(shelf.Gaps) != 2 || shelf.Gaps[0].Has != "bean" || shelf.Gaps[0].Missing != 10 || shelf.Gaps[1].Has != "leaf" || shelf.Gaps[1].Missing != 20 {
		t.Fatalf("%+v", shelf.Gaps)
	}
	if l := shelf.Gaps[0].Lift.Value; math.Abs(l-60*200.0/(80*70)) > 1e-12 {
		t.Errorf("lift %v", l)
	}
	if len(shelf.Products) != 2 {
		t.Errorf("a line without product is one: %+v", shelf.Products)
	}
}

// What is too little or too odd says what is missing, and nothing is NaN.
func TestOddShopsSayWhatIsMissing(t *testing.T) {
	for name, fill := range map[string]func(s *stall){
		"nobody":       func(*stall) {},
		"one customer": func(s *stall) { s.buys(0, 0, "A") },
		"a thousand purchases of one": func(s *stall) {
			for d := range 1000 {
				s.buys(0, d, "A", "B")
			}
		},
		"nobody repeats": func(s *stall) {
			for i := range 300 {
				s.buys(i, i%50, "A", "B")
			}
		},
		"one product, everybody daily": func(s *stall) {
			for i := range 30 {
				for d := range 30 {
					s.buys(i, d, "A")
				}
			}
		},
		"all on the last day": func(s *stall) {
			for i := range 30 {
				s.buys(i, 1000, "A")
			}
		},
		"free of charge": func(s *stall) {
			for i := range 30 {
				s.buys(i, i, "A")
				s.buys(i, i+7, "A")
				for k := range s.bought[i] {
					s.bought[i][k].Lines[0].Amount, s.bought[i][k].Net = 0, 0
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s stall
			fill(&s)
			c := s.columns()
			day := opened + 1000
			if name == "one product, everybody daily" {
				day = opened + 29
			}
			shelf := c.shelve(day)
			finite(t, shelf)
			for i := range shelf.Products {
				if p := &shelf.Products[i]; p.NoReturn != nil && Explain(i18n.JA, p.NoReturn) == "" {
					t.Errorf("no reason: %+v", p)
				}
			}
			trial, err := c.TryDue(0, day)
			if err == nil {
				finite(t, trial)
			} else if Explain(i18n.EN, err) == "" {
				t.Errorf("no reason: %v", err)
			}
			if name == "one product, everybody daily" {
				if a := shelf.Find("A"); a.Usual() != 1 || !a.Replenished || shelf.due.counts[DueSoon] != 30 {
					t.Errorf("%+v %v", a, shelf.due.counts)
				}
			}
			if name == "a thousand purchases of one" && (len(shelf.Pairs) > 0 || shelf.Find("A").Replenished) {
				t.Errorf("one customer makes a rule: %+v", shelf.Pairs)
			}
		})
	}
}

// finite fails where a figure cannot be written as JSON, as NaN cannot.
func finite(t *testing.T, v any) {
	t.Helper()
	if s, ok := v.(*Shelf); ok {
		finite(t, s.due.rows)
		finite(t, s.due.worth[:])
	}
	if _, err := json.Marshal(v); err != nil {
		t.Error(err)
	}
}

// Columns that came by another way say the same of products.
func TestAShelfFollowsFromTheContentAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	var s stall
	for who := range 120 {
		every := 5 + r.IntN(30)
		for day := r.IntN(40); day < 300; day += 1 + r.IntN(2*every) {
			s.buys(who, day, fmt.Sprint("P", r.IntN(12)), fmt.Sprint("P", r.IntN(12)), fmt.Sprint("P", r.IntN(4)))
		}
	}
	one := s.columns()
	two := newColumns()
	for who := 9_999; who >= 0; who-- { // met the other way round, half of them twice
		if list, ok := s.bought[who]; ok {
			n := two.people.number(memberID(who))
			two.people.active[n] = true
			if who%2 == 0 {
				two.put(n, list[:len(list)/2])
			}
			two.put(n, list)
		}
	}
	two.people.relate()
	a, b := one.shelve(opened+290), two.swept().shelve(opened+290)
	if a.due.counts[Overdue]+a.due.counts[DueSoon] == 0 || len(a.Products) != 12 {
		t.Fatalf("the example has nothing: %+v", a.due.counts)
	}
	if x, y := told(t, one, a), told(t, two, b); x != y {
		t.Errorf("one says\n%.2000s\nthe other\n%.2000s", x, y)
	}
	ta, err := one.TryDue(opened+250, opened+290)
	tb, err2 := two.TryDue(opened+250, opened+290)
	if x, y := jsonOf(t, ta), jsonOf(t, tb); x != y || err != nil || err2 != nil {
		t.Errorf("trials differ:\n%s\n%s", x, y)
	}
}

// told is all that a shelf says, members by their ids.
func told(t *testing.T, c *Columns, s *Shelf) string {
	t.Helper()
	rows, _ := s.dueList(c, DueQuery{States: DueStates, Sort: "chance", Most: 1 << 20}, -1, -1)
	for i := range rows {
		rows[i].Member = 0
	}
	list := map[string]string{}
	for _, x := range rows {
		list[x.Who.String()+x.Product.Code] = jsonOf(t, x.Due)
	}
	return jsonOf(t, s) + jsonOf(t, list)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What a product's page lists is what its figures count.
func TestRowsBehindAProductAddUp(t *testing.T) {
	c := columnsOf(t, generated(300, 8, 5))
	day := opened + 600
	s := c.shelve(day)
	for i := 0; i < len(s.Products); i += 97 {
		p := &s.Products[i]
		d := c.detail(day, p.Code)
		var times, gaps int
		var quantity, amount int64
		repeat := 0
		for _, b := range d.Buyers {
			times, quantity, amount = times+b.Times, quantity+b.Quantity, amount+b.Amount
			if b.Times > 1 {
				repeat++
			}
		}
		for _, n := range d.Ended {
			gaps += n
		}
		if len(d.Buyers) != p.Buyers || times != p.Days || quantity != p.Quantity || amount != p.Sales || repeat != p.Repeaters || gaps != p.Return.Gaps && p.NoReturn == nil {
			t.Errorf("%s: rows say %d %d %d %d %d, figures %+v", p.Code, len(d.Buyers), times, quantity, amount, repeat, p)
		}
	}
}

func TestMeetingsAreTheDaysOfAPair(t *testing.T) {
	var s stall
	for who := range 30 {
		s.buys(who, 0, "A", "B")
		s.buys(who, 3, "A")
		s.buys(who, 5, "A")
		s.buys(who, 5, "B") // two receipts, one day
		s.buys(who+30, who, "C")
		s.buys(who+30, who+1, "D")
	}
	shelf := s.on(60)
	d := s.columns().detail(opened+60, "A", "B")
	days := 0
	for _, b := range d.Buyers {
		days += b.Times
	}
	if len(shelf.Pairs) == 0 || shelf.Pairs[0].Count.Both != days || days != 60 || shelf.Pairs[0].Members != len(d.Buyers) {
		t.Errorf("%d days of %d members, pair %+v", days, len(d.Buyers), shelf.Pairs)
	}
}

// A shop whose members really buy at rhythms of their own: the list finds who
// buys, and what is said comes true.
func TestTheTrialFindsRhythmsThatAreThere(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 4))
	var s stall
	for who := range 800 {
		every := 15 * math.Exp(0.5*r.NormFloat64())
		for at := 20 * r.Float64(); at < 400; at += max(1, every*math.Exp(0.25*r.NormFloat64())) {
			s.buys(who, int(at), "TEA")
		}
	}
	trial, err := s.columns().TryDue(opened+300, opened+399)
	if err != nil {
		t.Fatal(err)
	}
	list, later := trial.Row(TrialList), trial.Row(TrialLater)
	if list.Missing != nil || list.Share.Value < 0.75 || later.N > 0 && later.Share.Value > list.Share.Value || math.Abs(trial.Said-trial.Base.Value) > 0.05 {
		t.Errorf("list %+v, later %+v, said %.3f, came %.3f", list, later, trial.Said, trial.Base.Value)
	}
	for _, b := range trial.Bins {
		if math.Abs(b.Said-b.Came) > 0.15 {
			t.Errorf("said %.2f, came %.2f of %d", b.Said, b.Came, b.N)
		}
	}
}

// BenchmarkShelf makes a shelf of a hundred thousand purchases.
func BenchmarkShelf(b *testing.B) {
	c := columnsOf(b, generated(20_000, 10, 1))
	for b.Loop() {
		c.shelve(opened + 900)
	}
}
