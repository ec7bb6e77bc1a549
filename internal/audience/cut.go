package audience

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/rules"
	"joren/internal/segment"
	shops "joren/internal/shop"
)

// CheckCut refuses a filter of Insight with a word that the shop cannot mean:
// a store, rank, gender, value of an own attribute or segment in use that
// there is none of. What somebody has is always meant. Areas, channels and
// ways of joining are free words; one that nobody has chooses nobody.
//
// Faults: insight.filter with the wrong field; those of
// [insight.Board.Vocabulary], insight.reading only for a word that what is
// still being read may have.
func CheckCut(ctx context.Context, d *db.DB, b *insight.Board, members *member.Members, programmes *programme.Cache, f insight.Filter) error {
	asked := []insight.Filter{{Segment: f.Segment}, {Tier: f.Tier}, {Store: f.Store}, {JoinStore: f.JoinStore}, {Gender: f.Gender}, {Own: f.Own}}
	if !slices.ContainsFunc(asked, func(x insight.Filter) bool { return x != insight.Filter{} }) {
		return nil
	}
	had, unread := b.Vocabulary(ctx)
	if unread != nil && !insight.Waiting(unread) {
		return unread
	}
	return d.Read(ctx, func(tx *db.Tx) error {
		var wrong, unsure error
		for _, x := range asked {
			x.Each(func(name, value string) {
				cut := insight.Cut(name)
				if wrong != nil || slices.Contains(had[cut], value) {
					return
				}
				wrong = checkWord(tx, members, programmes, name, value)
				if wrong != nil && unread != nil && slices.Contains(historic, cut) {
					wrong, unsure = nil, unread
				}
			})
		}
		return cmp.Or(wrong, unsure)
	})
}

// historic are the cuts that have words of the past beside today's: a store
// that is on no list any more still sold.
var historic = []insight.Cut{"tier", "store", "join_store", "own"}

// checkWord refuses a word that nobody has and nobody could have.
func checkWord(tx *db.Tx, members *member.Members, programmes *programme.Cache, name, value string) error {
	var words []string
	var err error
	switch name {
	case "segment":
		words, err = segmentsInUse(tx)
	case "tier":
		words, err = levels(tx, programmes)
	case "store", "join_store":
		words, err = storeCodes(tx)
	case "gender":
		words = []string{string(member.Female), string(member.Male), string(member.Other)}
	case "own":
		words, err = ownValues(tx, members, value)
	}
	if err == nil && !slices.Contains(words, value) {
		err = fault.New(fault.Invalid, "insight.filter").With(fault.At(name, "insight.filter_option", "value", value))
	}
	return err
}

func segmentsInUse(tx *db.Tx) (ids []string, err error) {
	list, err := segment.List(tx, segment.Active)
	for _, x := range list {
		ids = append(ids, x.ID)
	}
	return ids, err
}

func storeCodes(tx *db.Tx) (codes []string, err error) {
	list, err := shops.Stores(tx)
	for _, x := range list {
		codes = append(codes, x.Code)
	}
	return codes, err
}

func levels(tx *db.Tx, programmes *programme.Cache) (ids []string, err error) {
	timeline, err := programmes.Load(tx)
	if err != nil {
		return nil, err
	}
	all, err := timeline.All()
	if r := lane.TierRules(all); r != nil {
		for _, l := range r.Levels {
			ids = append(ids, l.ID)
		}
	}
	return ids, err
}

// ownValues are the values the attribute of a pair may have.
func ownValues(tx *db.Tx, members *member.Members, pair string) (out []string, err error) {
	schema, err := members.Schema(tx)
	id, _, _ := strings.Cut(pair, ":")
	for _, a := range schema {
		values := a.Choices
		if a.Type == rules.AttrBool {
			values = []string{"true", "false"}
		}
		for _, v := range values {
			if a.ID == id {
				out = append(out, id+":"+v)
			}
		}
	}
	return out, err
}
