package plan

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"joren/internal/fault"
)

const (
	maxBytes  = 128 << 10
	maxTokens = 30_000 // a large chain's programme has some 5,000; the parser's time grows with the square
	maxRules  = 500
	maxDepth  = 32
)

// reader walks the syntax tree, remembers the line of every path and gathers
// problems.
type reader struct {
	lines    map[string]int
	problems Problems
}

func newReader() *reader { return &reader{lines: map[string]int{"": 1}} }

// bad notes a problem at path.
func (r *reader) bad(path, code string, args ...any) {
	f := fault.New(fault.Invalid, code, args...)
	r.problems = append(r.problems, Problem{Path: path, Line: lineOf(r.lines, path), Code: code, Args: f.Args})
}

// has reports whether the document says anything at path.
func (r *reader) has(path string) bool { _, ok := r.lines[path]; return ok }

// tree parses src to the root node; nil when that is impossible, which is
// then a problem.
func (r *reader) tree(src []byte) (root ast.Node) {
	// The YAML library is known to panic on some broken texts; a document
	// is people's input, so that is a problem of the text, not a defect.
	defer func() {
		if recover() != nil {
			root = nil
			r.bad("", "programme.not_yaml", "reason", "unreadable")
		}
	}()
	if len(src) > maxBytes {
		r.bad("", "programme.too_large", "bytes", len(src), "max", maxBytes)
		return nil
	}
	if !utf8.Valid(src) {
		r.bad("", "programme.not_utf8")
		return nil
	}
	tokens := lexer.Tokenize(string(src))
	if len(tokens) > maxTokens {
		r.bad("", "programme.too_long", "parts", len(tokens), "max", maxTokens)
		return nil
	}
	if line := tooDeep(tokens); line > 0 {
		r.lines[""] = line
		r.bad("", "programme.too_deep", "max", maxDepth)
		return nil
	}
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	return r.body(f)
}

func (r *reader) body(f *ast.File) ast.Node {
	var body ast.Node
	for _, d := range f.Docs {
		if d == nil || d.Body == nil || isNil(d.Body) || d.Body.Type() == ast.NullType {
			continue
		}
		if body != nil {
			r.lines[""] = line(d.Body)
			r.bad("", "programme.several_documents")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		r.bad("", "programme.empty")
	}
	return body
}

func (r *reader) syntax(err error) {
	var e yaml.Error
	reason := err.Error()
	if errors.As(err, &e) {
		reason = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			r.lines[""] = t.Position.Line
		}
	}
	reason, _, _ = strings.Cut(reason, "\n")
	r.bad("", "programme.not_yaml", "reason", reason)
}

// tooDeep finds the line where brackets or entries on one line nest deeper
// than maxDepth; 0 when they do not. The parser recurses once per level.
func tooDeep(tokens token.Tokens) int {
	flow, entries, at := 0, 0, 0
	for _, t := range tokens {
		n := 0
		if t.Position != nil {
			n = t.Position.Line
		}
		if n != at {
			at, entries = n, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(0, flow-1)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.TagType, token.AnchorType:
			if flow == 0 {
				entries++
			}
		}
		if flow > maxDepth || entries > maxDepth {
			return max(1, n)
		}
	}
	return 0
}

// isNil also finds the typed nil pointers the parser leaves behind.
func isNil(n ast.Node) bool {
	v := reflect.ValueOf(n)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// line is the line a node stands on, 1 when it does not know.
func line(n ast.Node) int {
	if isNil(n) {
		return 1
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return line(m.Values[0])
	}
	if v, ok := n.(*ast.MappingValueNode); ok && !isNil(v.Key) {
		return line(v.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

// entry is one key of a mapping.
type entry struct {
	key   string
	line  int
	value ast.Node
}

// entries are the keys of a mapping in the document's order, each once; the
// second of a pair is a problem.
func (r *reader) entries(path string, n ast.Node) ([]entry, bool) {
	var vs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		vs = m.Values
	case *ast.MappingValueNode:
		vs = []*ast.MappingValueNode{m}
	default:
		r.bad(path, "programme.not_a_mapping", "found", shown(n))
		return nil, false
	}
	seen := map[string]bool{}
	out := make([]entry, 0, len(vs))
	for _, v := range vs {
		e := entry{line: line(v), value: v.Value}
		if !isNil(v.Key) && v.Key.GetToken() != nil {
			e.key = v.Key.GetToken().Value
		}
		p := join(path, e.key)
		if v.Key == nil || v.Key.IsMergeKey() || !plainKey(v.Key) {
			r.lines[p] = e.line
			r.bad(p, "programme.bad_key", "key", e.key)
			continue
		}
		if seen[e.key] {
			r.problems = append(r.problems, Problem{Path: p, Line: e.line, Code: "programme.duplicate_key",
				Args: fault.Args{"key": e.key, "first": fmt.Sprint(r.lines[p])}})
			continue
		}
		seen[e.key] = true
		r.lines[p] = e.line
		out = append(out, e)
	}
	return out, true
}

func plainKey(k ast.MapKeyNode) bool {
	switch k.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.BoolNode:
		return true
	}
	return false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// items are the elements of a list.
func (r *reader) items(path string, n ast.Node) ([]ast.Node, bool) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.bad(path, "programme.not_a_list", "found", shown(n))
		return nil, false
	}
	for i, v := range s.Values {
		r.lines[at(path, i)] = line(v)
	}
	return s.Values, true
}

// shown is a node in a few letters, for messages.
func shown(n ast.Node) string {
	if isNil(n) {
		return "nothing"
	}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "{…}"
	case *ast.SequenceNode:
		return "[…]"
	case *ast.NullNode:
		return "nothing"
	}
	s := ""
	if t := n.GetToken(); t != nil {
		s = t.Value
	}
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return s
}

// text is the text of a scalar; ok is false for anything else.
func text(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		if s.Value != nil {
			return s.Value.Value, true
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}
