package liability

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ledger"
)

func settledStatement(t *testing.T, in Input) *Statement {
	t.Helper()
	b, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	s := *b.Last()
	s.SettledAt = 1
	return &s
}

func TestAMonthThatIsOpenHasNoJournal(t *testing.T) {
	if _, err := Journal(&Statement{Month: "2026-04"}); !fault.Is(err, "liability.not_settled") {
		t.Error(err)
	}
}

// Each origin to its own accounts, by hand.
func TestJournalOfAMonth(t *testing.T) {
	paid := Key{"regular", ledger.Paid}
	in := Input{First: "2026-04", Until: "2026-05", Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 100_000}, {"2026-05", saleKey, "2026-05", 10_000}},
		Bases: []Basis{hand(saleKey, 950_000), hand(giftKey, 500_000)},
		Moves: []Move{sold("2026-04", saleKey, 10_000), sold("2026-04", giftKey, 1_000), sold("2026-04", paid, 1_000),
			sold("2026-05", saleKey, 1_000), moved("2026-05", "2026-04", saleKey, ledger.Redeemed, -4_500), moved("2026-05", "2026-05", saleKey, ledger.Reversed, -500),
			moved("2026-05", "2026-04", giftKey, ledger.Redeemed, -100), moved("2026-05", "2026-04", giftKey, ledger.Expired, -900),
			moved("2026-05", "2026-04", paid, ledger.Redeemed, -300), moved("2026-05", "2026-04", paid, ledger.Expired, -200)}}
	entries, err := Journal(settledStatement(t, in))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, e := range entries {
		got[string(e.Origin)+" "+e.What+" "+string(e.Debit)+"/"+string(e.Credit)] += e.Amount
	}
	want := map[string]int64{
		"gift spent provision/use":               100, // of 500 expected
		"gift released provision/provision_back": 400, // nothing is left of them
		"paid spent advance/use":                 300,
		"paid released advance/advance_lapsed":   200,
		"sale added sales/contract":              868, // 10,000 × 950 / 10,950
		"sale cancelled contract/sales":          434, // half of it came back
		"sale spent contract/use":                4_110,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What the journal does to an account that holds a liability is what the
// roll-forward says, over all origins, in any history and any method.
func TestJournalsTieToTheRollForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := history(t)
		held := map[Account]int64{}
		b, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range b.Months {
			s.SettledAt = 1
			entries, err := Journal(s)
			if err != nil {
				t.Fatal(err)
			}
			debit, credit := int64(0), int64(0)
			for _, e := range entries {
				if e.Amount <= 0 || e.Debit == e.Credit {
					t.Fatalf("%+v", e)
				}
				debit, credit = debit+e.Amount, credit+e.Amount
				held[e.Debit] -= e.Amount
				held[e.Credit] += e.Amount
			}
			carried := int64(0)
			for _, a := range []Account{ContractHeld, ProvisionHeld, AdvanceHeld, MigratedHeld} {
				carried += held[a]
			}
			if carried != s.Total().Closing {
				t.Fatalf("%s: accounts hold %d, the book closes with %d", s.Month, carried, s.Total().Closing)
			}
		}
	})
}

// The month a method changes moves what was carried to the new account.
func TestAnotherMethodMovesWhatWasCarried(t *testing.T) {
	for to, want := range map[Method]string{
		Provisioned: "moved contract/provision 868",
		OnUse:       "released contract/use 868",
	} {
		w := walk{t: &testing.T{}, in: Input{Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 10_000}}}}
		w.month("2026-04", 950_000, sold("2026-04", saleKey, 1_000))
		w.in.Settings.Sale = to
		s := w.month("2026-05", 950_000)
		s.SettledAt = 1
		entries, err := Journal(s)
		if err != nil || len(entries) == 0 {
			t.Fatal(err, entries)
		}
		e := entries[0]
		if got := e.What + " " + string(e.Debit) + "/" + string(e.Credit) + " " + num(e.Amount); got != want {
			t.Errorf("to %s: %s, want %s", to, got, want)
		}
		sum := int64(0)
		for _, e := range entries {
			for _, a := range []Account{ContractHeld, ProvisionHeld} {
				if e.Credit == a {
					sum += e.Amount
				}
				if e.Debit == a {
					sum -= e.Amount
				}
			}
		}
		if m := s.Total(); m.Opening+sum != m.Closing {
			t.Errorf("to %s: %d + %d is not %d", to, m.Opening, sum, m.Closing)
		}
	}
}

var oneEntry = []Entry{{1, Month("2026-10").Last(), saleKey, PosAdded, Sales, ContractHeld, 8_676}}

// written is a journal as text and as rows.
func written(t *testing.T, l Layout, entries []Entry, s Settings) (string, [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJournal(&b, l, entries, s, "JPY"); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if l != Generic {
		var err error
		if text, err = japanese.ShiftJIS.NewDecoder().String(text); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return text, rows
}

func TestLayoutsLetterByLetter(t *testing.T) {
	s := Settings{Names: map[Account]string{ContractHeld: "契約負債（ポイント）"}}
	for l, want := range map[Layout]string{
		Yayoi: "2000,,,2026/10/31,売上高,,,対象外,8676,,契約負債（ポイント）,,,対象外,8676,,ポイント regular 売上分 付与 2026-10,,,0,,,0,0,no\r\n",
		MoneyForward: "取引No,取引日,借方勘定科目,借方補助科目,借方部門,借方取引先,借方税区分,借方インボイス,借方金額(円),借方税額,貸方勘定科目,貸方補助科目,貸方部門,貸方取引先,貸方税区分,貸方インボイス,貸方金額(円),貸方税額,摘要,仕訳メモ,タグ,MF仕訳タイプ,決算整理仕訳,作成日時,作成者,最終更新日時,最終更新者\r\n" +
			"1,2026/10/31,売上高,,,,対象外,,8676,0,契約負債（ポイント）,,,,対象外,,8676,0,ポイント regular 売上分 付与 2026-10,,,,,,,,\r\n",
		Generic: "\ufeffno,date,debit_account,debit_amount,debit_tax_class,credit_account,credit_amount,credit_tax_class,currency,point_type,origin,what,memo\r\n" +
			"1,2026-10-31,売上高,8676,対象外,契約負債（ポイント）,8676,対象外,JPY,regular,sale,added,ポイント regular 売上分 付与 2026-10\r\n",
	} {
		if got, _ := written(t, l, oneEntry, s); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", l, got, want)
		}
	}
	_, rows := written(t, Freee, oneEntry, s)
	at := func(name string) string {
		for i, h := range rows[0] {
			if h == name {
				return rows[1][i]
			}
		}
		t.Fatal("no column", name)
		return ""
	}
	for name, want := range map[string]string{"日付": "2026/10/31", "伝票番号": "1", "借方勘定科目": "売上高", "借方金額": "8676", "借方税区分": "対象外", "借方税額": "0",
		"貸方勘定科目": "契約負債（ポイント）", "貸方金額": "8676", "貸方税区分": "対象外", "貸方税額": "0", "摘要": "ポイント regular 売上分 付与 2026-10"} {
		if got := at(name); got != want {
			t.Errorf("freee %s: %q, want %q", name, got, want)
		}
	}
}

func TestALinesTextCallsPointsByTheProgrammesName(t *testing.T) {
	for name, want := range map[string]string{
		"クラブポイント": "クラブポイント", "プレミアムクラブポイント": "ポイント プレミアムクラブ", "Hidamari Points (shop)": "Hidamari Points", "ポイント": "ポイント", "マイル": "ポイント マイル",
		"": "ポイント regular", "=1+1": "ポイント regular", "a,b": "ポイント regular", "\"q\"": "ポイント regular", "ポイント😀": "ポイント regular", "ﾎﾟｲﾝﾄ": "ﾎﾟｲﾝﾄ",
	} {
		s := Settings{Types: Types{"regular": {JA: name}, "stamp": {JA: "スタンプ"}}}
		for _, l := range Layouts {
			_, rows := written(t, l, oneEntry, s)
			if row := strings.Join(rows[len(rows)-1], "|"); !strings.Contains(row, "|"+want+" 売上分 付与 2026-10") {
				t.Errorf("%s, %q: %s", l, name, row)
			}
		}
	}
	st := &Statement{Types: Types{"regular": {JA: "クラブポイント", EN: "Club points"}}}
	if got := st.Memo(oneEntry[0], i18n.EN); got != "Club points sale issued 2026-10" {
		t.Errorf("%q", got)
	}
}

func TestEveryRowHasAsManyColumnsAsItsProductWants(t *testing.T) {
	for l, n := range map[Layout]int{Generic: 13, Yayoi: 25, Freee: 32, MoneyForward: 27} {
		_, rows := written(t, l, oneEntry, Defaults())
		for _, r := range rows {
			if len(r) != n {
				t.Errorf("%s: %d columns, want %d", l, len(r), n)
			}
		}
	}
}

// No cell can be run by a spreadsheet, and none is altered to prevent it.
func TestNoCellIsAFormulaAndNoneIsAltered(t *testing.T) {
	s := Defaults()
	for _, bad := range []string{"=1+1", "+SUM(A1)", "-契約", "@x", "＝１", "a,b", "\"q\"", "a\tb", " 契約", "売上高😀", strings.Repeat("長", 13)} {
		s.Names, s.Reason = map[Account]string{Sales: bad}, "test"
		if err := s.Check(); !fault.Is(err, "liability.settings_invalid") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, name := range []string{"売上高", "Point liability (B/S)", "契約負債・ポイント", "ﾎﾟｲﾝﾄ引当金", "521 ポイント"} {
		s.Names = map[Account]string{Sales: name}
		if err := s.Check(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		for _, l := range Layouts {
			_, rows := written(t, l, oneEntry, s)
			row := strings.Join(rows[len(rows)-1], "|")
			if !strings.Contains(row, "|"+name+"|") {
				t.Errorf("%s: %q was altered: %s", l, name, row)
			}
			for _, cell := range rows[len(rows)-1] {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("%s: cell %q", l, cell)
				}
			}
		}
	}
	for _, a := range Accounts {
		if wrongName(DefaultNames[a]) != "" {
			t.Errorf("default name of %s: %s", a, wrongName(DefaultNames[a]))
		}
	}
}

func TestProductsInYenTakeNoOtherCurrency(t *testing.T) {
	for _, l := range []Layout{Yayoi, Freee, MoneyForward} {
		if err := WriteJournal(&bytes.Buffer{}, l, oneEntry, Defaults(), "GBP"); !fault.Is(err, "liability.yen_only") {
			t.Errorf("%s: %v", l, err)
		}
	}
	if err := WriteJournal(&bytes.Buffer{}, Generic, oneEntry, Defaults(), "GBP"); err != nil {
		t.Error(err)
	}
	long := []Entry{oneEntry[0]}
	long[0].Amount = 100_000_000_000
	if err := WriteJournal(&bytes.Buffer{}, Yayoi, long, Defaults(), "JPY"); !fault.Is(err, "liability.amount_too_long") {
		t.Error(err)
	}
	if _, err := ParseLayout("sap"); !fault.Is(err, "liability.layout_unknown") {
		t.Error(err)
	}
}

func TestSettingsAndBasesThatCannotBeMeantAreRefused(t *testing.T) {
	field := func(err error, path string) bool {
		for _, f := range fault.Of(err).Fields {
			if f.Path == path {
				return true
			}
		}
		return false
	}
	if err := (Settings{Sale: "cash", Gift: ContractLiability}).Check(); !field(err, "sale") || !field(err, "gift") || !field(err, "reason") {
		t.Error(err)
	}
	low, high, cost := Share(-1), Whole+1, int64(-1)
	if err := (Basis{Key: Key{"regular", ledger.Owed}, Use: &low, Value: &cost}).Check(); !field(err, "use") || !field(err, "origin") || !field(err, "value") || !field(err, "reason") {
		t.Error(err)
	}
	if err := (Basis{Key: saleKey, Use: &high, Reason: strings.Repeat("x", 201)}).Check(); !field(err, "use") || !field(err, "reason") || field(err, "origin") {
		t.Error(err)
	}
}
