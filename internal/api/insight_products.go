package api

import (
	"cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/staff"
	"joren/internal/stats"
)

type productsIn struct {
	Q        string `query:"q" doc:"in number or name"`
	Only     string `query:"only" doc:"replenished: only what is bought again often enough to say when the next is due"`
	Category string `query:"category"`
	Sort     string `query:"sort" doc:"sales, buyers, days, again, interval, entry or name; sales when left out"`
	Rising   bool   `query:"rising" doc:"the least first"`
	From     int    `query:"from" minimum:"0" maximum:"1000000000"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type productIn struct {
	No string `path:"no" doc:"the product's number, or its name where it has none"`
}

type dueIn struct {
	State   string `query:"state" doc:"overdue, soon, later or all; overdue and soon when left out"`
	Product string `query:"product" doc:"its number"`
	Member  string `query:"member" doc:"mem_…"`
	Sort    string `query:"sort" doc:"worth, chance, on, amount or times; worth when left out"`
	Rising  bool   `query:"rising" doc:"the least first"`
	From    int    `query:"from" minimum:"0" maximum:"1000000000"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type dueTrialIn struct {
	Split clock.Day `query:"split" doc:"the day the list is made for; the newest that leaves 14 days when left out"`
}

func (s *server) insightProducts() {
	get := func(path, summary, detail string) route {
		return route{Method: "GET", Path: "/v1/insight/" + path, Tag: "Insight", Scope: staff.ScopeRead, Summary: summary, Detail: detail, Timeout: uploadTime}
	}
	handle(s, get("products", "Products", "Who buys a product again and after how many days, with intervals; guests are not included."), s.getProducts)
	handle(s, get("products/{no}", "A product", "The same figures with what is bought on the same day."), s.getProduct)
	handle(s, get("due", "Who is due", "Members who bought a product on at least two days, and when they are due to buy it again."), s.getDue)
	handle(s, get("due/backtest", "A back-test of who is due", "The list as it could have been made on a past day, against what was bought in the 14 days after."), s.getDueTrial)
}

func shareOf(iv stats.Interval, n int, missing *Missing) Share {
	if missing != nil {
		return Share{N: n, Missing: missing}
	}
	return Share{Value: &iv.Value, Low: &iv.Low, High: &iv.High, N: n}
}

func (c *call) product(p *insight.Product) ProductFigures {
	out := ProductFigures{Product: p.Code, Name: p.Name, Category: p.Category, Buyers: p.Buyers, RepeatBuyers: p.Repeaters, Days: p.Days, Quantity: p.Quantity, Sales: p.Sales, LastOn: p.Last,
		Again: shareOf(p.Again, p.Buyers, nil), Entry: shareOf(p.Entry, p.Firsts, c.missing(p.NoEntry)), Replenished: p.Replenished}
	missing := c.missing(p.NoReturn)
	out.Back = shareOf(p.Return.Share, p.Return.Subjects, missing)
	if missing == nil {
		r := p.Return
		out.Interval = &ProductInterval{r.Median, r.Low, r.High, r.Quarter, r.Late, r.Within, r.Repeaters, r.Gaps}
	}
	return out
}

func (s *server) getProducts(c *call, in *productsIn) (answer[ProductPage], error) {
	b, err := s.board()
	if err != nil {
		return answer[ProductPage]{}, err
	}
	shelf, err := b.Shelf(c.ctx)
	if err == nil {
		err = cmp.Or(oneOf("only", in.Only, "replenished"), oneOf("category", in.Category, shelf.CategoryNames()...), oneOf("sort", in.Sort, insight.ProductSorts...))
	}
	if err != nil {
		return answer[ProductPage]{}, err
	}
	rows, all := shelf.List(insight.ProductQuery{Search: in.Q, Only: in.Only, Category: in.Category, Sort: in.Sort, Desc: !in.Rising, From: in.From, Most: in.Limit})
	out := ProductPage{On: shelf.Day, From: shelf.First, Members: shelf.Members, Days: shelf.Baskets, Total: all, Products: []ProductFigures{}}
	for _, p := range rows {
		out.Products = append(out.Products, c.product(p))
	}
	return ok(out), nil
}

func (s *server) getProduct(c *call, in *productIn) (answer[ProductAnswer], error) {
	b, err := s.board()
	if err != nil {
		return answer[ProductAnswer]{}, err
	}
	p, d, shelf, err := b.Detail(c.ctx, in.No)
	if err != nil {
		return answer[ProductAnswer]{}, err
	}
	out := ProductAnswer{On: shelf.Day, ProductFigures: c.product(p), GoesWith: []ProductPair{}, Ended: lengths(d.Ended), Open: lengths(d.Open)}
	for _, x := range p.Partners {
		o := &shelf.Products[x.Second]
		out.GoesWith = append(out.GoesWith, ProductPair{o.Code, o.Name, x.Count.Both, x.Count.First, x.Count.Second, x.Count.All, x.Members, x.Support(), x.Count.Confidence(), x.Lift.Value, x.Lift.Low, x.Lift.High, x.Extra, x.Chance})
	}
	return ok(out), nil
}

// lengths leaves out days nobody had.
func lengths(counts []int) []GapLength {
	out := []GapLength{}
	for days, n := range counts {
		if n > 0 {
			out = append(out, GapLength{days, n})
		}
	}
	return out
}

func (s *server) getDue(c *call, in *dueIn) (answer[DuePage], error) {
	b, err := s.board()
	if err != nil {
		return answer[DuePage]{}, err
	}
	if err := cmp.Or(oneOf("state", in.State, "overdue", "soon", "later", "all"), oneOf("sort", in.Sort, insight.DueSorts...)); err != nil {
		return answer[DuePage]{}, err
	}
	q := insight.DueQuery{Product: in.Product, Sort: in.Sort, Desc: !in.Rising, From: in.From, Most: in.Limit}
	for _, x := range insight.DueStates {
		if in.State == "all" || in.State == x.String() {
			q.States = append(q.States, x)
		}
	}
	if in.Member != "" {
		err := s.DB.Read(c.ctx, func(tx *db.Tx) error {
			m, err := s.find(tx, in.Member)
			q.Member = m.ID
			return err
		})
		if err != nil {
			return answer[DuePage]{}, err
		}
	}
	rows, all, shelf, err := b.Due(c.ctx, q)
	if err != nil {
		return answer[DuePage]{}, err
	}
	out := DuePage{On: shelf.Day, WithinDays: insight.DueWithin, Total: all, Due: []DueRow{}}
	for _, x := range rows {
		out.Due = append(out.Due, DueRow{ident.Member.Text(x.Who), x.Product.Code, x.Product.Name, x.State.String(), x.On, x.Last, x.Times, x.Interval, x.Own, x.Chance, x.Amount, x.Worth()})
	}
	return ok(out), nil
}

func (s *server) getDueTrial(c *call, in *dueTrialIn) (answer[DueTrialAnswer], error) {
	b, err := s.board()
	if err != nil {
		return answer[DueTrialAnswer]{}, err
	}
	t, err := b.TryDueAt(c.ctx, in.Split)
	if err != nil {
		return answer[DueTrialAnswer]{}, err
	}
	out := DueTrialAnswer{From: t.First, Split: t.Split, Until: t.Until, Products: t.Products, Base: shareOf(t.Base, t.N, nil), Said: t.Said, Rows: []DueTrialRow{}, Bins: []BacktestBin{}}
	for _, r := range t.Rows {
		x := DueTrialRow{Chosen: r.Name, Bought: r.Hits, Share: shareOf(r.Share, r.N, c.missing(r.Missing))}
		if r.Missing == nil {
			x.Said, x.Lift = &r.Said, &r.Lift
		}
		out.Rows = append(out.Rows, x)
	}
	for _, x := range t.Bins {
		out.Bins = append(out.Bins, binOf(x.N, x.Said, x.Came))
	}
	return ok(out), nil
}
