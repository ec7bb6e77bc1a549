package api

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/lane"
	"joren/internal/liability"
	"joren/internal/staff"
)

// closes closes a month as the command does.
func (s *shop) closes(month string) {
	s.t.Helper()
	l := lane.New(s.db, s.api.Members, s.api.Programmes)
	defer l.Close()
	if _, err := day.New(s.db, l, s.api.Members, s.api.Programmes).CloseMonth(s.t.Context(), month); err != nil {
		s.t.Fatal(err)
	}
}

// sells lets a member buy for so many yen, tax included, and pay some by points.
func (s *shop) sells(member, order, when string, yen, points int) {
	s.t.Helper()
	paid := ""
	if points > 0 {
		paid = `,"points_paid":{"points":` + strconv.Itoa(points) + `}`
	}
	s.at(when)
	s.post("/v1/purchases", `{"source":"till","order_no":"`+order+`","member":"`+member+`","store":"honten","channel":"shop","occurred_at":"`+when+`","total":`+strconv.Itoa(yen)+paid+
		`,"lines":[{"no":1,"sku":"A","quantity":1,"amount":`+strconv.Itoa(yen)+`,"tax_rate":"0.10"}]}`).want(201)
}

func TestTheLiabilityAndItsJournalAreToldByTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.get("/v1/liability").problem(404, "liability.none_issued")
		id := s.post("/v1/members", `{}`).want(201).text("id")
		s.sells(id, "1", "2026-04-10T10:00:00+09:00", 110_000, 0)
		s.sells(id, "2", "2026-05-10T10:00:00+09:00", 11_000, 300)
		s.at("2026-06-02T10:00:00+09:00")
		var x Liability
		s.get("/v1/liability?month=2026-04").want(200).into(&x)
		if x.Settled || len(x.Months) != 3 || x.Months[0].Closing != x.Closing || x.Closing == 0 {
			t.Errorf("%+v", x)
		}
		s.get("/v1/liability/journal?month=2026-04").problem(409, "liability.not_settled")
		s.closes("2026-04")
		s.closes("2026-05")
		carriedIsPutOff(t, s)
		s.get("/v1/liability?month=2025-01").problem(404, "liability.month_unknown")
		s.get("/v1/liability?month=2026-4").problem(422, "day.month_invalid")
		s.get("/v1/liability/journal?month=2026-05&format=sap").problem(422, "liability.layout_unknown")
		journalsAreBalanced(t, s)
	})
}

// carriedIsPutOff compares April with the formula: 100,000 yen without tax and
// all points of the sale expected to be used.
func carriedIsPutOff(t *testing.T, s *shop) {
	var april, may Liability
	s.get("/v1/liability?month=2026-04").want(200).into(&april)
	s.get("/v1/liability?month=2026-05").want(200).into(&may)
	if !april.Settled || april.SettledAt == nil {
		t.Errorf("April is not settled: %+v", april.Told)
	}
	for _, m := range april.Money {
		if m.Type != "regular" || m.Origin != "sale" {
			continue
		}
		var issued int64
		for _, p := range april.Points {
			if p.Type == m.Type && p.Origin == m.Origin {
				issued = p.Issued
			}
		}
		want, err := liability.PutOff(100_000, 100_000, issued)
		if err != nil || m.Added != want || m.Closing != want || m.Source != "cautious" || m.Missing != "liability.never_used" {
			t.Errorf("April carries %+v for %d points, want %d", m, issued, want)
		}
	}
	used := int64(0)
	for _, st := range may.Stores {
		if st.Store == "honten" && st.Type == "regular" {
			used += st.Used
		}
	}
	if used != 300 {
		t.Errorf("May: honten took %d points, want 300: %+v", used, may.Stores)
	}
	for _, p := range may.Points {
		if p.Opening+p.Issued+p.Redeemed+p.Expired+p.Reversed+p.Adjusted+p.Transferred != p.Closing {
			t.Errorf("%+v", p)
		}
	}
}

func journalsAreBalanced(t *testing.T, s *shop) {
	for format, cols := range map[string][2]int{"generic": {3, 6}, "yayoi": {8, 14}, "freee": {14, 28}, "mf": {8, 16}} {
		r := s.get("/v1/liability/journal?month=2026-05&format=" + format).want(200)
		body := r.body
		if format != "generic" {
			if r.header.Get("Content-Type") != "text/csv; charset=shift_jis" {
				t.Errorf("%s is %s", format, r.header.Get("Content-Type"))
			}
			var err error
			if body, err = japanese.ShiftJIS.NewDecoder().String(body); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := csv.NewReader(bytes.NewReader([]byte(strings.TrimPrefix(body, "\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if format != "yayoi" {
			rows = rows[1:]
		}
		if len(rows) == 0 || !strings.Contains(body, "契約負債") {
			t.Errorf("%s: %s", format, body)
		}
		for _, row := range rows {
			if row[cols[0]] != row[cols[1]] || row[cols[0]] == "0" || row[cols[0]] == "" {
				t.Errorf("%s: debit %s, credit %s", format, row[cols[0]], row[cols[1]])
			}
		}
	}
}

func TestTheBooksOfAShopWithoutAProgramme(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-03-01T09:00:00+09:00")
		s.get("/v1/liability").problem(409, "programme.none_in_force")
		err := s.db.Write(t.Context(), func(tx *db.Tx) error { return s.api.Books.Settle(tx) })
		if err != nil {
			t.Error(err)
		}
	})
}

func TestHowPointsAreKeptIsSetByTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		var was, is LiabilitySettings
		s.get("/v1/liability/settings").want(200).into(&was)
		if was.Sale != "contract_liability" || was.SetAt != nil || was.Accounts["sales"] == "" {
			t.Errorf("%+v", was)
		}
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings", `{"sale":"on_use","reason":" "}`).problem(422, "liability.settings_invalid")
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings", `{"sale":"magic","reason":"x"}`).problem(422, "liability.settings_invalid")
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings", `{"accounts":{"nowhere":"x"},"reason":"x"}`).problem(422, "liability.settings_invalid")
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings", `{"sale":"on_use","accounts":{"sales":"売上"},"reason":"agreed"}`).want(200).into(&is)
		if is.Sale != "on_use" || is.Gift != was.Gift || is.Accounts["sales"] != "売上" || is.Accounts["contract"] != was.Accounts["contract"] || is.SetAt == nil || is.Reason != "agreed" {
			t.Errorf("%+v", is)
		}
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings/basis", `{"type":"nothing","origin":"sale","value":1,"reason":"x"}`).problem(422, "liability.basis_invalid")
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings/basis", `{"type":"regular","origin":"sale","use":"120","reason":"x"}`).problem(422, "liability.basis_invalid")
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings/basis", `{"type":"regular","origin":"sale","value":1,"use":"95.5","reason":"three years"}`).want(200).into(&is)
		if len(is.Basis) != 1 || *is.Basis[0].Value != 1 || *is.Basis[0].Use != "95.5" {
			t.Errorf("%+v", is.Basis)
		}
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/liability/settings/basis", `{"type":"regular","origin":"sale","reason":"as the programme again"}`).want(200).into(&is)
		if len(is.Basis) != 0 {
			t.Errorf("%+v", is.Basis)
		}
	})
}
