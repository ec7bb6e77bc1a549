package api

import (
	"io"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/liability"
	"joren/internal/staff"
)

type liabilityIn struct {
	Month string `query:"month" doc:"YYYY-MM; the present month when left out"`
}

type journalIn struct {
	Month  string `query:"month" doc:"YYYY-MM, a closed month"`
	Format string `query:"format" doc:"generic (UTF-8), yayoi, freee or mf (CP932); generic when left out"`
}

// Liability is a month of open points and what they are worth.
type Liability struct {
	liability.Told
	Stores []liability.ToldStore `json:"stores" doc:"points issued and used by store"`
	Months []LiabilityMonth      `json:"months" doc:"all months, oldest first"`
}

// LiabilityMonth is what is carried at a month's end.
type LiabilityMonth struct {
	Month   liability.Month `json:"month"`
	Settled bool            `json:"settled"`
	Closing int64           `json:"closing" doc:"minor units"`
}

func (s *server) liabilities() {
	get := func(path, summary, detail string) route {
		return route{Method: "GET", Path: "/v1/liability" + path, Tag: "Liability", Scope: staff.ScopeRead, Summary: summary, Detail: detail, Timeout: uploadTime}
	}
	handle(s, get("", "What open points are worth", "The roll-forward of a month in points and money, by type and origin, with what it was valued by. A closed month keeps its figures."), s.getLiability)
	handle(s, get("/settings", "How points are kept in the accounts", "The method for points from purchases and from gifts, the names of the accounts, and what is set by hand."), s.getLiabilitySettings)
	change := func(path, summary, detail, example string) route {
		return route{Method: "PATCH", Path: "/v1/liability/settings" + path, Tag: "Liability", Scope: staff.ScopeAdmin, Summary: summary, Detail: detail, Example: example}
	}
	handle(s, change("", "Set methods and accounts", "For all months that are not closed. What is left out stays; every change has a reason and is in the audit log.", `{"sale":"contract_liability","gift":"provision","reason":"IFRS 15 from April"}`), s.patchLiabilitySettings)
	handle(s, change("/basis", "Set a value or use share by hand", "Of points of one type and origin, for all months that are not closed; null follows the programme and the months of issue again.", `{"type":"points","origin":"sale","value":1,"use":"95","reason":"agreed with the auditor"}`), s.patchLiabilityBasis)
	handle(s, get("/journal", "The journal of a closed month", "A file for the accounts. Products that count in yen take no other currency."), s.getJournal)
}

// inParameter gives a fault of a parameter its place.
func inParameter(name string, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid {
		return err
	}
	return f.With(fault.Field{Path: name, Code: f.Code, Args: f.Args})
}

// monthly reads a month of the books.
func (s *server) monthly(c *call, month string, fn func(*db.Tx, *liability.Book, *liability.Statement, string) error) error {
	return s.DB.Read(c.ctx, func(tx *db.Tx) error {
		b, _, err := s.Books.Shown(tx)
		if err != nil {
			return err
		}
		st, err := b.Find(month)
		if err != nil {
			return inParameter("month", err)
		}
		p, err := s.Programmes.At(tx, tx.Now)
		if err != nil {
			return err
		}
		return fn(tx, b, st, p.Currency)
	})
}

func (s *server) getLiability(c *call, in *liabilityIn) (out answer[Liability], err error) {
	err = s.monthly(c, in.Month, func(tx *db.Tx, b *liability.Book, st *liability.Statement, currency string) error {
		stores, err := s.Books.Flows(tx, st.Month)
		if err != nil {
			return err
		}
		out.body = Liability{Told: st.Told(currency), Stores: liability.TellStores(stores), Months: make([]LiabilityMonth, len(b.Months))}
		for i, m := range b.Months {
			out.body.Months[i] = LiabilityMonth{m.Month, m.Settled(), m.Total().Closing}
		}
		return nil
	})
	return out, err
}

func (s *server) getJournal(c *call, in *journalIn) (out answer[CSV], err error) {
	if in.Format == "" {
		in.Format = string(liability.Generic)
	}
	layout, err := liability.ParseLayout(in.Format)
	if err != nil {
		return out, inParameter("format", err)
	}
	var file []byte
	var name string
	err = s.monthly(c, in.Month, func(_ *db.Tx, _ *liability.Book, st *liability.Statement, currency string) (err error) {
		file, err = st.JournalFile(layout, currency)
		name = liability.FileName(st.Month, layout)
		return err
	})
	out.file = &download{name: name, form: layout.ContentType(), write: func(w io.Writer) error { _, err := w.Write(file); return err }}
	return out, err
}
