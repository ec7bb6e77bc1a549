package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
)

// A shop of any size, generated from the demo: its members are copied under
// new ids with invented names, numbers and addresses, and with them their
// purchases, points and ranks. It is made for measuring pages. Its hash chains
// do not hold, and many of its customers have done exactly the same things on
// the same days.

// grow makes copies of the demo's 4,372 members; the first sold of the copies
// come with all they bought. It goes on behind the copies that are there.
type grow struct {
	copies, sold int
	log          func(string, ...any)
}

// copied are the tables that hold what members did, in the order of their keys.
var copied = []string{"purchase_purchase", "purchase_key", "purchase_return", "purchase_stats", "ledger_account", "ledger_entry", "ledger_lot", "ledger_allocation",
	"limit_given", "tier_event", "tier_history", "tier_state"}

// summed are the tables whose points count what all members did.
var summed = []string{"day_open", "ledger_booked"}

func (g grow) run(ctx context.Context, a *app) error {
	var old []ident.ID
	var joined []clock.Day
	done := 0
	var indexes []db.Two[string, string]
	err := a.db.Write(ctx, func(tx *db.Tx) (err error) {
		rows, err := db.Query(tx, db.Value2[ident.ID, clock.Day], `SELECT member_id, joined_on FROM member_member WHERE join_source <> 'generated' ORDER BY member_id`)
		for _, x := range rows {
			old, joined = append(old, x.A), append(joined, x.B)
		}
		if err != nil {
			return err
		}
		all, err := db.One(tx, nil, db.Value[int], `SELECT COUNT(*) FROM member_member`)
		if err != nil {
			return err
		}
		done = all/len(old) - 1
		touched := []string{"member_token", "member_member", "member_card", "member_external"}
		if done < g.sold {
			touched = append(touched, copied...)
		}
		// Indexes are made when everything is there.
		indexes, err = db.Query(tx, db.Value2[string, string], `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN
			('`+strings.Join(touched, "','")+`')`)
		for _, x := range indexes {
			if _, err := tx.Exec(`DROP INDEX ` + x.A); err != nil {
				return err
			}
		}
		if err == nil {
			_, err = tx.Exec(`CREATE TABLE IF NOT EXISTS scale_map (old BLOB NOT NULL PRIMARY KEY, new BLOB NOT NULL) STRICT, WITHOUT ROWID`)
		}
		return err
	})
	if err != nil {
		return err
	}
	for n := done + 1; n <= g.copies; n++ {
		if err := a.db.Write(ctx, func(tx *db.Tx) error { return g.copy(tx, a.members, n, old, joined) }); err != nil {
			return fmt.Errorf("copy %d: %w", n, err)
		}
		if n%20 == 0 {
			g.log("%d members", (n+1)*len(old))
		}
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`DROP TABLE scale_map`); err != nil {
			return err
		}
		for _, t := range summed { // once, when all copies are there
			if _, err := tx.Exec(`UPDATE `+t+` SET points = points * $1`, int64(g.sold+1)); err != nil {
				return err
			}
		}
		for _, x := range indexes {
			g.log("index %s", x.A)
			if _, err := tx.Exec(x.B); err != nil {
				return err
			}
		}
		if err := g.audit(tx); err != nil {
			return err
		}
		_, err := tx.Exec(`ANALYZE`)
		return err
	})
}

func (g grow) copy(tx *db.Tx, members *member.Members, n int, old []ident.ID, joined []clock.Day) error {
	news := make([]member.Newcomer, len(old))
	ids := make([]ident.ID, len(old))
	for i := range old {
		ids[i] = ident.New()
		news[i] = member.Newcomer{ID: ids[i], JoinedOn: joined[i], JoinSource: "generated", Person: somebody(n*len(old) + i)}
	}
	done, err := members.Create(tx, news)
	if err != nil {
		return err
	}
	for _, x := range done {
		if x.Err != nil {
			return x.Err
		}
	}
	if n > g.sold {
		return nil
	}
	if _, err := tx.Exec(`DELETE FROM scale_map`); err != nil {
		return err
	}
	if _, err := tx.Bulk(db.NewBulk("o uuid, n uuid", `INSERT INTO scale_map (old, new) SELECT u.o, u.n FROM u`), old, ids); err != nil {
		return err
	}
	for _, t := range copied {
		if err := copyTable(tx, t, n); err != nil {
			return err
		}
	}
	return nil
}

// copyTable copies a table's rows of the demo's members: who is meant is
// mapped, other ids end in four bytes of their own with the copy's number.
func copyTable(tx *db.Tx, table string, n int) error {
	columns, err := db.Query(tx, db.Value[string], `SELECT name FROM pragma_table_info('`+table+`')`)
	if err != nil {
		return err
	}
	who := "member_id"
	if strings.HasPrefix(table, "ledger_") {
		who = "holder_id"
	}
	tail := binary.BigEndian.AppendUint32(nil, 0x5ca1_0000+uint32(n))
	other := func(c string) string {
		return fmt.Sprintf("CASE WHEN t.%s IS NULL THEN NULL ELSE CAST(substr(t.%s, 1, 12) || x'%x' AS BLOB) END", c, c, tail)
	}
	from := make([]string, len(columns))
	for i, c := range columns {
		switch {
		case c == who: // a guest's purchase has an id of its own there
			from[i] = "COALESCE(m.new, " + other(c) + ")"
		case c == "earned_by":
			from[i] = "(SELECT e.new FROM scale_map e WHERE e.old = t.earned_by)"
		case slices.Contains([]string{"id", "award_id", "purchase_id", "return_id", "transfer_id", "event_id"}, c):
			from[i] = other(c)
		case c == "order_no":
			from[i] = fmt.Sprintf("'c%d-' || t.order_no", n)
		default:
			from[i] = "t." + c
		}
	}
	// The demo's own rows are those whose member is in the map, and guests'
	// orders, whose numbers bear no copy's mark.
	where := "m.new IS NOT NULL"
	if table == "purchase_purchase" || table == "purchase_key" {
		where = "t.order_no NOT LIKE 'c%-%'"
	}
	_, err = tx.Exec(fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM %s t LEFT JOIN scale_map m ON m.old = t.%s WHERE %s`,
		table, strings.Join(columns, ", "), strings.Join(from, ", "), table, who, where))
	return err
}

// audit writes half a million entries of a busy office.
func (g grow) audit(tx *db.Tx) error {
	_, err := tx.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000)
		INSERT INTO audit_entry (number, at, shop_at, actor, actor_id, action, subject, subject_id, before, after, reason, source, request_id, hash)
		SELECT i, 1290000000000000 + i * 60000000, 1290000000000000 + i * 60000000, 'system', NULL,
			CASE WHEN i % 50000 = 7 THEN 'programme.published' WHEN i % 3 = 0 THEN 'member.changed' WHEN i % 3 = 1 THEN 'points.adjusted' ELSE 'purchase.returned' END,
			'member', NULL, '{}', '{}', '', 'generated', '', zeroblob(32) FROM n`)
	if err == nil {
		_, err = tx.Exec(`UPDATE audit_head SET number = 500000`)
	}
	return err
}

var families = strings.Fields("佐藤 サトウ 鈴木 スズキ 高橋 タカハシ 田中 タナカ 伊藤 イトウ 渡辺 ワタナベ 山本 ヤマモト 中村 ナカムラ 小林 コバヤシ 加藤 カトウ 吉田 ヨシダ 山田 ヤマダ 佐々木 ササキ 山口 ヤマグチ 松本 マツモト 井上 イノウエ 木村 キムラ 林 ハヤシ 斎藤 サイトウ 清水 シミズ 山崎 ヤマザキ 森 モリ 池田 イケダ 橋本 ハシモト 阿部 アベ 石川 イシカワ 山下 ヤマシタ 中島 ナカジマ 石井 イシイ 小川 オガワ 前田 マエダ 岡田 オカダ 長谷川 ハセガワ 藤田 フジタ 後藤 ゴトウ 近藤 コンドウ 村上 ムラカミ 遠藤 エンドウ 青木 アオキ 坂本 サカモト")
var givens = strings.Fields("花子 ハナコ 太郎 タロウ 一郎 イチロウ 美咲 ミサキ 陽菜 ヒナ 翔太 ショウタ 健一 ケンイチ 由美子 ユミコ 恵子 ケイコ 直樹 ナオキ 大輔 ダイスケ 愛 アイ 結衣 ユイ 拓也 タクヤ 真由美 マユミ 和子 カズコ 誠 マコト 裕子 ユウコ 翼 ツバサ 葵 アオイ")

// somebody is an invented person, the same for the same number.
func somebody(n int) member.Person {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	f, g := r.IntN(len(families)/2), r.IntN(len(givens)/2)
	return member.Person{Name: families[2*f] + " " + givens[2*g], NameKana: families[2*f+1] + " " + givens[2*g+1], Phone: fmt.Sprintf("090%08d", r.IntN(1e8)),
		Email: fmt.Sprintf("u%d@example.jp", n), Birthday: clock.Date(1940+r.IntN(70), 1, 1) + clock.Day(r.IntN(365))}
}
