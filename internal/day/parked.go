package day

import (
	"context"
	"log/slog"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/purchase"
)

// waiting finds returns whose purchase is there by now.
func (t *Turner) waiting(tx *db.Tx) ([]purchase.Parked, error) {
	if t.Return == nil {
		return nil, nil
	}
	list, err := purchase.ParkedList(tx, page)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	keys := make([]purchase.Key, len(list))
	for i, p := range list {
		keys[i] = purchase.PurchaseKey(p.Input.Source, p.Input.OrderNo)
	}
	known, err := purchase.Keys(tx, keys)
	var out []purchase.Parked
	for i, k := range known {
		if k.Found {
			out = append(out, list[i])
		}
	}
	return out, err
}

// returns applies them. Those of an order stay until all of it are applied;
// one that is refused stays for a person to look at.
func (t *Turner) returns(ctx context.Context, list []purchase.Parked) error {
	stays, orders := map[purchase.Key]bool{}, []purchase.Key{}
	for _, p := range list {
		k := purchase.PurchaseKey(p.Input.Source, p.Input.OrderNo)
		if _, known := stays[k]; !known {
			stays[k] = false
			orders = append(orders, k)
		}
		err := t.Return(ctx, p.Input)
		if err == nil {
			continue
		}
		switch kind := fault.Of(err).Kind; {
		case kind == fault.Unavailable || kind == fault.Ambiguous || kind == fault.Internal:
			return err
		default:
			stays[k] = true
			slog.Warn("day: a return that waited is refused", "source", p.Input.Source, "return", p.Input.ReturnNo, "error", err)
		}
	}
	done := orders[:0]
	for _, k := range orders {
		if !stays[k] {
			done = append(done, k)
		}
	}
	return t.db.Write(ctx, func(tx *db.Tx) error {
		_, err := purchase.Unpark(tx, done)
		return err
	})
}
