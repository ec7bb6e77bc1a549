package db

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// How a Bulk reads on SQLite, where it runs row by row. Three things make a
// row dear there, and none of them is needed for one row:
//
//   - a table expression of the row's values, a coroutine, where parameters
//     would do (4 µs against 1.6 for a look-up by key);
//   - INSERT … SELECT, ON CONFLICT DO UPDATE and UPDATE, which may write several
//     rows before one fails, and so keep a journal of their own. OR FAIL goes
//     without it; what is left behind of a single row is nothing. Where such
//     an UPDATE does write several, its error ends the transaction or the
//     savepoint anyway, as PostgreSQL's does;
//   - RETURNING, which collects its rows in a table made for it (12 µs), where
//     it returns no more than the key that was given.

// liteText is the statement for one row, bound as ?1, ?2, …; echo tells for
// each column it would return the argument that has its value, nil if the
// statement returns by itself.
func (b Bulk) liteText(stmt string) (text string, echo []int) {
	text = b.rowByRow(stmt)
	if v, ok := insertValues(text); ok {
		text = v
	} else if m := updateWord.FindString(text); m != "" {
		text = "UPDATE OR FAIL " + text[len(m):]
	}
	if bare, args, ok := echoed(text); ok {
		return bare, args
	}
	return text, nil
}

var (
	joinU      = regexp.MustCompile(`(?is)\bFROM\s+u\s+JOIN\s+`)
	insertHead = regexp.MustCompile(`(?is)^INSERT\s+INTO\s+(\w+)\s*\(([^()]*)\)\s*SELECT\s+`)
	updateWord = regexp.MustCompile(`(?is)^UPDATE\s+`)
	whereTrue  = regexp.MustCompile(`(?is)^WHERE\s+TRUE\s*`)
	updateHead = regexp.MustCompile(`(?is)^UPDATE OR FAIL\s+(\w+)\s+SET\s+`)
	doUpdate   = regexp.MustCompile(`(?is)\bON\s+CONFLICT\s*\(([\w\s,]+)\)\s*DO\s+UPDATE\s+SET\b`)
	lastWord   = regexp.MustCompile(`(?is)\bRETURNING\s+([\w.,\s]+)$`)
	equalsArg  = regexp.MustCompile(`(?is)^(?:\w+\.)?(\w+)\s*=\s*\?(\d+)$`)
	bareArg    = regexp.MustCompile(`^\?(\d+)$`)
)

// withoutU turns FROM u JOIN t ON a WHERE b into FROM t WHERE (a) AND (b), u's
// columns being parameters already.
func withoutU(q string) string {
	for from := 0; ; {
		m := joinU.FindStringIndex(q[from:])
		if m == nil {
			return q
		}
		start, table := from+m[0], from+m[1]
		from = table
		on := table + clause(q[table:], "ON", "USING", "WHERE", "JOIN")
		if on >= len(q) || !strings.EqualFold(q[on:on+2], "ON") {
			continue
		}
		cond := on + 2
		joins := cond + clause(q[cond:], "JOIN", "LEFT", "INNER", "CROSS", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "RETURNING")
		where := joins + clause(q[joins:], "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "RETURNING")
		all, rest := "("+strings.TrimSpace(q[cond:joins])+")", where
		if where < len(q) && strings.EqualFold(q[where:min(len(q), where+5)], "WHERE") {
			rest = where + 5 + clause(q[where+5:], "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "RETURNING")
			all += " AND (" + strings.TrimSpace(q[where+5:rest]) + ")"
		}
		q = q[:start] + "FROM " + strings.TrimSpace(q[table:on]+q[joins:where]) + " WHERE " + all + " " + q[rest:]
	}
}

// clause is where the first of the words stands in q, outside of parentheses
// and literals; where a parenthesis closes that was not opened in q, or len(q).
func clause(q string, words ...string) int {
	depth := 0
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case c == '\'':
			for i++; i < len(q) && q[i] != '\''; i++ {
			}
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return i
			}
		case depth == 0 && wordByte(c) && (i == 0 || !wordByte(q[i-1])):
			end := i
			for end < len(q) && wordByte(q[end]) {
				end++
			}
			if slices.Contains(words, strings.ToUpper(q[i:end])) {
				return i
			}
			i = end - 1
		}
	}
	return len(q)
}

func wordByte(c byte) bool {
	return c == '_' || c == '.' || c == '?' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// insertValues makes INSERT … VALUES of an INSERT … SELECT without a table.
func insertValues(q string) (string, bool) {
	m := insertHead.FindStringSubmatchIndex(q)
	if m == nil {
		return q, false
	}
	list := q[m[1]:]
	end := clause(list, "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "ON", "RETURNING", "DISTINCT")
	rest := list[end:]
	if w := whereTrue.FindString(rest); w != "" {
		rest = rest[len(w):]
	}
	if word := strings.ToUpper(rest); word != "" && !strings.HasPrefix(word, "ON ") && !strings.HasPrefix(word, "ON\n") && !strings.HasPrefix(word, "RETURNING") {
		return q, false
	}
	return "INSERT OR FAIL INTO " + q[m[2]:m[3]] + " (" + q[m[4]:m[5]] + ") VALUES (" + strings.TrimSpace(list[:end]) + ") " + rest, true
}

// echoed finds a statement whose RETURNING gives back nothing but arguments:
// columns of an INSERT, of one that may update those that say what is there
// already, keys by which an UPDATE looks up.
func echoed(q string) (bare string, args []int, ok bool) {
	m := lastWord.FindStringSubmatchIndex(q)
	if m == nil {
		return q, nil, false
	}
	bare = strings.TrimSpace(q[:m[0]])
	known := givenBy(bare)
	for _, col := range strings.Split(q[m[2]:m[3]], ",") {
		name := strings.TrimSpace(col)
		arg, ok := known[name[strings.LastIndexByte(name, '.')+1:]]
		if !ok {
			return q, nil, false
		}
		args = append(args, arg)
	}
	return bare, args, true
}

// givenBy are the columns of the written row that have an argument's value.
func givenBy(q string) map[string]int {
	out := map[string]int{}
	if m := updateHead.FindStringIndex(q); m != nil {
		where := m[1] + clause(q[m[1]:], "WHERE")
		if where >= len(q) || clause(q[m[1]:], "FROM") < where-m[1] || clause(q[where:], "OR") < len(q)-where {
			return nil
		}
		for _, part := range splitTop(q[where+5:], "AND") {
			if e := equalsArg.FindStringSubmatch(part); e != nil {
				out[e[1]] = argNumber(e[2])
			}
		}
		forget(out, q[m[1]:where])
		return out
	}
	if !strings.HasPrefix(q, "INSERT OR FAIL INTO ") {
		return nil
	}
	open := strings.IndexByte(q, '(')
	shut := strings.IndexByte(q, ')')
	values := shut + strings.IndexByte(q[shut:], '(') + 1
	names, exprs := strings.Split(q[open+1:shut], ","), splitTop(q[values:values+clause(q[values:])], ",")
	if len(names) != len(exprs) {
		return nil
	}
	for i, e := range exprs {
		if a := bareArg.FindStringSubmatch(e); a != nil {
			out[strings.TrimSpace(names[i])] = argNumber(a[1])
		}
	}
	if m := doUpdate.FindStringSubmatchIndex(q); m != nil {
		same := map[string]int{}
		for _, name := range strings.Split(q[m[2]:m[3]], ",") {
			if arg, ok := out[strings.TrimSpace(name)]; ok {
				same[strings.TrimSpace(name)] = arg
			}
		}
		forget(same, q[m[1]:m[1]+clause(q[m[1]:], "WHERE")])
		return same
	}
	return out
}

// forget takes the columns out that a SET list writes.
func forget(known map[string]int, sets string) {
	for _, set := range splitTop(sets, ",") {
		delete(known, strings.TrimSpace(strings.SplitN(set, "=", 2)[0]))
	}
}

// splitTop cuts q at a comma or a word outside of parentheses and literals.
func splitTop(q, at string) (out []string) {
	if at == "," {
		depth, from, quoted := 0, 0, false
		for i := 0; i < len(q); i++ {
			switch c := q[i]; {
			case c == '\'':
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')':
				depth--
			case c == ',' && depth == 0:
				out, from = append(out, strings.TrimSpace(q[from:i])), i+1
			}
		}
		return append(out, strings.TrimSpace(q[from:]))
	}
	for {
		i := clause(q, at)
		out = append(out, strings.TrimSpace(q[:i]))
		if i >= len(q) {
			return out
		}
		q = q[i+len(at):]
	}
}

func argNumber(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n - 1
}
