package api

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/purchase"
)

// Purchase is a recorded purchase as the API shows it.
type Purchase struct {
	ID           string               `json:"id"`
	Member       string               `json:"member,omitempty" doc:"absent for a guest"`
	Source       string               `json:"source"`
	OrderNo      string               `json:"order_no"`
	Revision     int64                `json:"revision,omitempty"`
	Store        string               `json:"store,omitempty"`
	Channel      string               `json:"channel,omitempty"`
	Status       purchase.Status      `json:"status,omitempty"`
	OccurredAt   clock.Instant        `json:"occurred_at"`
	RecordedAt   clock.Instant        `json:"recorded_at"`
	Day          clock.Day            `json:"day"`
	Currency     string               `json:"currency,omitempty"`
	Prices       purchase.Prices      `json:"prices"`
	Total        int64                `json:"total"`
	Eligible     int64                `json:"eligible" doc:"what counted for points when it was recorded"`
	EligibleKept int64                `json:"eligible_kept" doc:"what is left of it after returns"`
	Lines        []PurchaseLine       `json:"lines"`
	Discounts    []purchase.Discount  `json:"discounts,omitempty"`
	PointsPaid   *purchase.PointsPaid `json:"points_paid,omitempty"`
	Delivery     *purchase.Delivery   `json:"delivery,omitempty"`
	Flags        []string             `json:"flags,omitempty"`
	Returns      []PurchaseReturn     `json:"returns"`
}

// PurchaseLine is a line with its shares of discounts and tax.
type PurchaseLine struct {
	No       int           `json:"no"`
	SKU      string        `json:"sku,omitempty"`
	Name     string        `json:"name,omitempty"`
	Category string        `json:"category,omitempty"`
	Tags     []string      `json:"tags,omitempty"`
	Kind     purchase.Kind `json:"kind"`
	Quantity int64         `json:"quantity"`
	Returned int64         `json:"returned"`
	Amount   int64         `json:"amount"`
	Discount int64         `json:"discount" doc:"its own and its share of the order's"`
	TaxRate  purchase.Rate `json:"tax_rate,omitzero"`
	Tax      int64         `json:"tax"`
	Value    int64         `json:"value" doc:"after discount, with tax"`
	Eligible int64         `json:"eligible"`
}

// PurchaseReturn is one of its returns.
type PurchaseReturn struct {
	ID         string                `json:"id"`
	Source     string                `json:"source"`
	ReturnNo   string                `json:"return_no"`
	OccurredAt clock.Instant         `json:"occurred_at"`
	RecordedAt clock.Instant         `json:"recorded_at"`
	Lines      []purchase.ReturnLine `json:"lines"`
	Value      int64                 `json:"value"`
	PointsBack int64                 `json:"points_back" doc:"points paid that came back"`
	Cash       int64                 `json:"cash_refund"`
	Clawback   map[string]int64      `json:"clawback,omitempty" doc:"points demanded back, by type"`
}

func purchaseOut(p *purchase.Purchase) Purchase {
	d := &p.Doc
	out := Purchase{ID: ident.Purchase.Text(p.ID), Source: p.Source, OrderNo: p.OrderNo, Revision: p.Revision, Store: p.Store, Channel: p.Channel, Status: p.Status,
		OccurredAt: p.OccurredAt, RecordedAt: p.RecordedAt, Day: p.Day, Currency: d.Currency, Prices: d.Prices, Total: p.Total, Eligible: p.Eligible,
		EligibleKept: p.EligibleKept, Lines: []PurchaseLine{}, Discounts: d.Discounts, PointsPaid: d.PointsPaid, Delivery: d.Delivery, Flags: d.Flags, Returns: []PurchaseReturn{}}
	if !p.Guest {
		out.Member = ident.Member.Text(p.Member)
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		out.Lines = append(out.Lines, PurchaseLine{No: l.No, SKU: l.SKU, Name: l.Name, Category: l.Category, Tags: l.Tags, Kind: l.Kind, Quantity: l.Quantity, Returned: l.Returned,
			Amount: l.Amount, Discount: l.Shared, TaxRate: l.TaxRate, Tax: l.Tax, Value: l.Value, Eligible: l.Eligible})
	}
	for i := range p.Returns {
		r := &p.Returns[i]
		out.Returns = append(out.Returns, PurchaseReturn{ID: ident.Return.Text(r.ID), Source: r.Source, ReturnNo: r.ReturnNo, OccurredAt: r.OccurredAt, RecordedAt: r.RecordedAt,
			Lines: r.Lines, Value: r.Value, PointsBack: r.PointsBack, Cash: r.Cash, Clawback: r.Demanded})
	}
	return out
}

// Bodies shown in the document: those of the café that EXAMPLES works out.
const (
	purchaseExample = `{"source":"till-2","order_no":"8801","card":"2900000123458","store":"honten","channel":"shop","occurred_at":"2026-11-15T10:12:40+09:00","currency":"JPY","prices":"tax_excluded",
 "lines":[{"no":1,"sku":"BEANS200","name":"ブレンド豆 200g","category":"beans","quantity":2,"amount":3200,"tax_rate":"0.08"},
 {"no":2,"sku":"CAKESET","name":"ケーキセット","category":"food","quantity":2,"amount":2400,"tax_rate":"0.10"},
 {"no":3,"sku":"DRIP","name":"ドリップ","category":"drink","tags":["own_cup"],"quantity":1,"amount":500,"tax_rate":"0.10"}],
 "discounts":[{"coupon":"H7K2-9QMD-4T","amount":300}],"tax":[{"rate":"0.08","amount":243},{"rate":"0.10","amount":275}],"shipping":0,
 "points_paid":{"points":600,"hold":"hld_01920000000070008000000000000001"},"total":6318}`
	returnExample   = `{"source":"till-2","return_no":"R-881","order_no":"8801","occurred_at":"2026-11-18T15:01:10+09:00","lines":[{"no":1,"quantity":1}]}`
	holdExample     = `{"member":"mem_01920000000070008000000000000002","points":600,"type":"regular","ttl_seconds":1800,"reference":"8801"}`
	adjustExample   = `{"member":"mem_01920000000070008000000000000002","type":"regular","points":100,"reason":"goodwill","expires_on":"2027-03-31"}`
	transferExample = `{"from":"mem_01920000000070008000000000000002","to":"mem_01920000000070008000000000000003","points":100}`
	eventExample    = `{"source":"web","event_no":"R-1","kind":"review","member":"mem_01920000000070008000000000000002","occurred_at":"2026-11-16T20:00:00+09:00","fields":{"stars":5}}`
	memberExample   = `{"name":"山田 花子","name_kana":"ヤマダ ハナコ","phone":"090-0000-0000","email":"hanako@example.com","birthday":"1990-02-28","external_ids":{"eccube":"123"}}`
)

func jsonExample(s string) any {
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		panic("api: an example is no JSON: " + err.Error())
	}
	return v
}
