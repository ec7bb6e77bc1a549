package console

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/shop"
)

// goTo sets the shop's clock.
func (o *office) goTo(when string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = clock.MustInstant(when)
}

// join enrols somebody at the clock's time.
func (o *office) join(in member.Input) member.Member {
	o.t.Helper()
	var m member.Member
	o.write(func(tx *db.Tx) error {
		n, err := in.Check(nil, clock.Tokyo.Day(tx.Now))
		if err != nil {
			return err
		}
		all, err := o.console.People.Enrol(tx, people.Present, []people.Request{{Newcomer: n}})
		if err == nil {
			m, err = all[0].Member, all[0].Err
		}
		return err
	})
	return m
}

func said(s string) *string { return &s }

// yamada is the member most tests look at.
func (o *office) yamada() member.Member {
	return o.join(member.Input{Fields: member.Fields{Name: said("山田 花子"), NameKana: said("ヤマダ ハナコ"), Phone: said("090-1234-5678"), Email: said("hana@example.com"),
		Birthday: said("1990-02-28")}, Card: "2900000123458", JoinStore: "honten"})
}

// stock registers the main store.
func (o *office) stock() {
	o.write(func(tx *db.Tx) error {
		var st shop.Store
		st.Code, st.Name.JA, st.Name.EN = "honten", "本店", "Main shop"
		_, err := shop.AddStore(tx, st)
		return err
	})
}

const receipt = `{"source":"till-2","order_no":"8801","card":"2900000123458","store":"honten","channel":"shop",
 "occurred_at":"2026-11-15T10:12:40+09:00","currency":"JPY","prices":"tax_excluded",
 "lines":[{"no":1,"sku":"BEANS200","name":"ブレンド豆 200g","category":"beans","quantity":2,"amount":3200,"tax_rate":"0.08"},
          {"no":2,"sku":"CAKESET","name":"ケーキセット","category":"food","quantity":2,"amount":2400,"tax_rate":"0.10"},
          {"no":3,"sku":"DRIP","name":"ドリップ","category":"drink","tags":["own_cup"],"quantity":1,"amount":500,"tax_rate":"0.10"}],
 "discounts":[{"name":"秋の300円引き","amount":300}],
 "tax":[{"rate":"0.08","amount":243},{"rate":"0.10","amount":275}],"shipping":0,"total":6318}`

// sell records a purchase as a till would.
func (o *office) sell(body string, change ...func(*purchase.Input)) sale.Answer {
	o.t.Helper()
	in, err := purchase.Decode([]byte(body))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range change {
		f(in)
	}
	a, err := o.console.Sales.Record(context.Background(), *in, sale.By{Actor: "till-2"})
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

// coffee is a small purchase of a card at a time, a guest's without one.
func coffee(no, card, at string, amount int64) string {
	b, err := json.Marshal(map[string]any{"source": "till-2", "order_no": no, "card": card, "store": "honten", "channel": "shop", "occurred_at": at, "total": amount,
		"lines": []map[string]any{{"no": 1, "sku": "DRIP", "name": "ドリップ", "category": "drink", "quantity": 1, "amount": amount, "tax_rate": "0.10"}}})
	if err != nil {
		panic(err)
	}
	return strings.Replace(string(b), `"card":"",`, "", 1)
}

// sold is an office in which a member bought, was given points and took some.
type sold struct {
	*office
	m   member.Member
	buy sale.Answer
}

// sales runs fn in such an office on each engine.
func sales(t *testing.T, fn func(t *testing.T, o *sold)) {
	offices(t, func(t *testing.T, o *office) { fn(t, o.sold()) })
}

func (o *office) sold() *sold {
	o.t.Helper()
	o.goTo("2026-04-01T09:00:00+09:00")
	o.cafe()
	o.stock()
	s := &sold{office: o, m: o.yamada()}
	for i, at := range []string{"2026-05-11T10:00:00+09:00", "2026-10-20T10:00:00+09:00"} {
		o.goTo(at)
		o.sell(coffee("C"+string(rune('1'+i)), s.m.Card, at, 28_600))
	}
	o.goTo("2026-11-15T10:12:40+09:00")
	s.buy = o.sell(receipt)
	o.sell(coffee("G1", "", "2026-11-15T09:00:00+09:00", 800))
	o.goTo("2026-11-22T10:00:00+09:00")
	return s
}

func (s *sold) url() string { return memberURL(s.m.ID) }

func (s *sold) purchase() ident.ID {
	id, err := ident.Purchase.Parse(s.buy.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func escape(s string) string { return url.QueryEscape(s) }
