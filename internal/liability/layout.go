package liability

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
)

// Layout is the form of a journal file.
type Layout string

const (
	Generic      Layout = "generic" // UTF-8 with a byte order mark, every column named in English
	Yayoi        Layout = "yayoi"   // 弥生会計: 弥生インポート形式, 25 columns, no header
	Freee        Layout = "freee"   // freee会計: 仕訳インポート
	MoneyForward Layout = "mf"      // マネーフォワード クラウド会計: 仕訳帳
)

// Layouts lists them in the order of the form.
var Layouts = []Layout{Generic, Yayoi, Freee, MoneyForward}

// ParseLayout finds a layout by its name. Fault: liability.layout_unknown.
func ParseLayout(s string) (Layout, error) {
	if l := Layout(s); slices.Contains(Layouts, l) {
		return l, nil
	}
	return "", fault.New(fault.Invalid, "liability.layout_unknown", "layout", s, "known", "generic, yayoi, freee, mf")
}

// OutOfScope is the tax class of every line (対象外), as all three products
// call it.
const OutOfScope = "対象外"

// mostYayoi is the largest amount of 弥生会計: eleven places.
const mostYayoi = 99_999_999_999

// WriteJournal writes a journal in a layout. Japanese products count in yen
// and read CP932. No cell is altered against formulas: names of accounts are
// refused when they are set if a spreadsheet could run them, numbers are never
// negative and the texts are our own, so what is written is what is meant.
//
// Faults: liability.yen_only, liability.amount_too_long.
func WriteJournal(w io.Writer, l Layout, entries []Entry, s Settings, currency string) error {
	if l != Generic && currency != "JPY" {
		return fault.New(fault.Invalid, "liability.yen_only", "currency", currency)
	}
	row, head := l.rows(s, currency)
	var out io.Writer = w
	if l != Generic {
		narrow := transform.NewWriter(w, japanese.ShiftJIS.NewEncoder())
		defer narrow.Close()
		out = narrow
	} else if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(out)
	c.UseCRLF = true
	if head != nil {
		if err := c.Write(head); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if l == Yayoi && e.Amount > mostYayoi {
			return fault.New(fault.Invalid, "liability.amount_too_long", "amount", e.Amount)
		}
		if err := c.Write(row(e)); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// JournalFile is the journal of a settled month as a file's content, whole or
// not at all: under the names that accounts had when the month was settled, so
// that the same file comes out whenever it is asked for. Faults: those of
// [Journal] and [WriteJournal].
func (s *Statement) JournalFile(l Layout, currency string) ([]byte, error) {
	return s.journalFile(l, s.Names, currency)
}

// RenamedFile is [Statement.JournalFile] under today's names, for a shop that
// corrects them before it has booked the month.
func (b *Book) RenamedFile(s *Statement, l Layout, currency string) ([]byte, error) {
	return s.journalFile(l, b.Settings.Names, currency)
}

// Renamed reports whether an account is called otherwise now than when the
// month was settled.
func (b *Book) Renamed(s *Statement) bool {
	return s.Settled() && slices.ContainsFunc(Accounts, func(a Account) bool { return s.Name(a) != b.Settings.Name(a) })
}

func (s *Statement) journalFile(l Layout, names map[Account]string, currency string) ([]byte, error) {
	entries, err := Journal(s)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = WriteJournal(&out, l, entries, Settings{Names: names, Types: s.Types}, currency)
	return out.Bytes(), err
}

// ContentType of a file in the layout.
func (l Layout) ContentType() string {
	if l == Generic {
		return "text/csv; charset=utf-8"
	}
	return "text/csv; charset=shift_jis"
}

func (l Layout) rows(s Settings, currency string) (row func(Entry) []string, head []string) {
	switch l {
	case Yayoi:
		return func(e Entry) []string { return yayoi(e, s) }, nil
	case Freee:
		return func(e Entry) []string { return freee(e, s) }, freeeHead
	case MoneyForward:
		return func(e Entry) []string { return moneyForward(e, s) }, moneyForwardHead
	}
	return func(e Entry) []string { return generic(e, s, currency) }, genericHead
}

// memo is what an entry says of itself, in Japanese for Japanese products. It
// holds nothing a person typed but the name of the points, which is one that an
// accounting product can read and no spreadsheet can run.
func (s Settings) memo(e Entry, l i18n.Lang) string {
	return i18n.T(l, "liability.memo."+e.What, "type", s.points(e.Type, l), "origin", i18n.T(l, "liability.origin."+string(e.Origin)), "month", string(MonthOf(e.On)))
}

// Memo is the text of a line of the month's journal.
func (s *Statement) Memo(e Entry, l i18n.Lang) string { return Settings{Types: s.Types}.memo(e, l) }

func shortened(id string) string {
	if len(id) > 16 {
		return id[:16]
	}
	return id
}

func slashed(d clock.Day) string { return strings.ReplaceAll(d.String(), "-", "/") }

func num(n int64) string { return strconv.FormatInt(n, 10) }

var genericHead = []string{"no", "date", "debit_account", "debit_amount", "debit_tax_class", "credit_account", "credit_amount", "credit_tax_class", "currency", "point_type", "origin", "what", "memo"}

// generic has amounts in the currency's minor unit.
func generic(e Entry, s Settings, currency string) []string {
	return []string{strconv.Itoa(e.No), e.On.String(), s.Name(e.Debit), num(e.Amount), OutOfScope, s.Name(e.Credit), num(e.Amount), OutOfScope,
		currency, e.Type, string(e.Origin), e.What, s.memo(e, i18n.JA)}
}

// yayoi is 弥生インポート形式 (弥生会計 05 and later): one line a journal entry
// (flag 2000), type 0 (仕訳), no adjustment. Source: support.yayoi-kk.co.jp,
// 仕訳データの項目と記述形式 (page 18545).
func yayoi(e Entry, s Settings) []string {
	return []string{"2000", "", "", slashed(e.On),
		s.Name(e.Debit), "", "", OutOfScope, num(e.Amount), "",
		s.Name(e.Credit), "", "", OutOfScope, num(e.Amount), "",
		s.memo(e, i18n.JA), "", "", "0", "", "", "0", "0", "no"}
}

var freeeHead = []string{"日付", "伝票番号", "決算整理仕訳",
	"借方勘定科目", "借方科目コード", "借方補助科目", "借方取引先", "借方取引先コード", "借方部門", "借方品目", "借方メモタグ", "借方セグメント1", "借方セグメント2", "借方セグメント3", "借方金額", "借方税区分", "借方税額",
	"貸方勘定科目", "貸方科目コード", "貸方補助科目", "貸方取引先", "貸方取引先コード", "貸方部門", "貸方品目", "貸方メモタグ", "貸方セグメント1", "貸方セグメント2", "貸方セグメント3", "貸方金額", "貸方税区分", "貸方税額", "摘要"}

// freee is the template of freee's journal import: entries of one date and
// number are one slip. Source: support.freee.co.jp, article 204847430.
func freee(e Entry, s Settings) []string {
	side := func(a Account) []string {
		return []string{s.Name(a), "", "", "", "", "", "", "", "", "", "", num(e.Amount), OutOfScope, "0"}
	}
	return slices.Concat([]string{slashed(e.On), strconv.Itoa(e.No), ""}, side(e.Debit), side(e.Credit), []string{s.memo(e, i18n.JA)})
}

var moneyForwardHead = []string{"取引No", "取引日",
	"借方勘定科目", "借方補助科目", "借方部門", "借方取引先", "借方税区分", "借方インボイス", "借方金額(円)", "借方税額",
	"貸方勘定科目", "貸方補助科目", "貸方部門", "貸方取引先", "貸方税区分", "貸方インボイス", "貸方金額(円)", "貸方税額",
	"摘要", "仕訳メモ", "タグ", "MF仕訳タイプ", "決算整理仕訳", "作成日時", "作成者", "最終更新日時", "最終更新者"}

// moneyForward is the template of 仕訳帳のインポート, columns A to AA; its
// names of accounts and tax classes must be registered there. Source:
// biz.moneyforward.com, 「仕訳帳」をインポートする.
func moneyForward(e Entry, s Settings) []string {
	side := func(a Account) []string {
		return []string{s.Name(a), "", "", "", OutOfScope, "", num(e.Amount), "0"}
	}
	return slices.Concat([]string{strconv.Itoa(e.No), slashed(e.On)}, side(e.Debit), side(e.Credit), []string{s.memo(e, i18n.JA)}, make([]string, 8))
}

// FileName of a month's journal.
func FileName(m Month, l Layout) string { return "points-" + string(m) + "-" + string(l) + ".csv" }
