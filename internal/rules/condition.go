package rules

import (
	"errors"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"joren/internal/clock"
)

// Subject is what a condition is about.
type Subject uint8

const (
	OfOccasion Subject = iota // purchase, member, stats, event, now
	OfLine                    // the same and line
	OfGoods                   // line alone, e.g. which goods are excluded
)

// Condition is a compiled condition. It is immutable and safe for concurrent
// use.
type Condition struct {
	src   string
	voc   *vocabulary
	parts []part // the operands of the outermost &&, in order; all must hold
	reads reads
}

// part is one operand. Common forms run as Go closures, anything else as a
// cel-go program.
type part struct {
	src string
	yes func(*view) (bool, error)
	cmp *comparison // for explaining; nil when it is no comparison
}

var (
	errBadDate  = errors.New("not a date")
	errDivide   = errors.New("division by zero")
	errModulus  = errors.New("modulus by zero")
	errOverflow = errors.New("integer overflow")
)

// CompileCondition checks and compiles src. The problems carry no path.
func CompileCondition(of Subject, src string, w Words) (*Condition, []Problem) {
	return newCompiler(w).compile(of, src)
}

// Source is the text it was compiled from.
func (c *Condition) Source() string { return c.src }

// Holds judges the condition. line is nil unless the condition is about a
// line. An error (a division by zero, an overflow) means the condition has no
// answer; callers treat it as not holding.
func (c *Condition) Holds(o *Occasion, f *Facts, line *Line) (bool, error) {
	v := newView(o, f, c.voc.words.Zone)
	v.line = line
	ok, _, err := c.judge(v)
	return ok, err
}

// judge gives the answer and, unless it holds, the operand that decided.
// As in CEL, an operand that is false decides even when an earlier one has no
// answer.
func (c *Condition) judge(v *view) (bool, *part, error) {
	var err error
	var bad *part
	for i := range c.parts {
		ok, e := c.parts[i].yes(v)
		if e != nil && err == nil {
			err, bad = e, &c.parts[i]
		}
		if e == nil && !ok {
			return false, &c.parts[i], nil
		}
	}
	return err == nil, bad, err
}

// condCompiler compiles the conditions of one vocabulary; environments are
// made once and kept.
type condCompiler struct {
	voc  *vocabulary
	envs map[Subject]*cel.Env
}

func newCompiler(w Words) *condCompiler {
	return &condCompiler{voc: newVocabulary(w), envs: map[Subject]*cel.Env{}}
}

func (cc *condCompiler) env(of Subject) *cel.Env {
	e, ok := cc.envs[of]
	if !ok {
		var err error
		if e, err = cc.voc.newEnv(of); err != nil {
			panic("rules: CEL environment: " + err.Error()) // a defect of this package, found by its first test
		}
		cc.envs[of] = e
	}
	return e
}

func (cc *condCompiler) compile(of Subject, src string) (*Condition, []Problem) {
	if len(src) > maxSource {
		return nil, []Problem{problem("", "condition.too_long", "length", len(src), "max", maxSource)}
	}
	env := cc.env(of)
	ast, bad := cc.check(env, src)
	if bad != nil {
		return nil, bad
	}
	c := &Condition{src: src, voc: cc.voc, reads: newReads()}
	cc.collect(ast, &c.reads)
	for _, s := range conjuncts(src) {
		a, bad := cc.check(env, s)
		if bad != nil { // the cut was wrong: judge it as one
			c.parts = nil
			break
		}
		c.parts = append(c.parts, cc.part(env, s, a))
	}
	if c.parts == nil {
		c.parts = []part{cc.part(env, strings.TrimSpace(src), ast)}
	}
	return c, nil
}

func (cc *condCompiler) part(env *cel.Env, src string, a *cel.Ast) part {
	p := part{src: src}
	n := cc.native(a)
	if n.yes != nil {
		p.yes = n.yes
	} else {
		p.yes = program(env, a)
	}
	p.cmp = cc.comparison(a)
	return p
}

// program runs a condition in cel-go under a cost limit.
func program(env *cel.Env, a *cel.Ast) func(*view) (bool, error) {
	prg, err := env.Program(a, cel.CostLimit(runCost))
	if err != nil {
		return func(*view) (bool, error) { return false, err }
	}
	return func(v *view) (bool, error) {
		out, _, err := prg.Eval(celVars{v})
		if err != nil {
			return false, err
		}
		b, ok := out.(types.Bool)
		if !ok {
			return false, errors.New("not a truth value")
		}
		return bool(b), nil
	}
}

// conjuncts cuts a condition at its outermost && signs; one that is not a
// conjunction stays whole. A wrong cut does no harm: its parts do not compile
// and the condition is judged as one.
func conjuncts(src string) []string {
	src = bare(src)
	cuts, whole := outerAnds(src)
	if whole {
		return []string{src}
	}
	var out []string
	start := 0
	for _, i := range append(cuts, len(src)) {
		out = append(out, conjuncts(src[start:i])...)
		start = i + 2
	}
	return out
}

// outerAnds finds the && outside brackets and texts; whole reports that the
// text must not be cut.
func outerAnds(src string) (cuts []int, whole bool) {
	depth := 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\'' || c == '"':
			n := textLen(src[i:])
			if n < 0 || i > 0 && strings.IndexByte("rRbB", src[i-1]) >= 0 {
				return nil, true
			}
			i += n - 1
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case depth > 0:
		case c == '?' || strings.HasPrefix(src[i:], "||") || strings.HasPrefix(src[i:], "//"):
			return nil, true
		case strings.HasPrefix(src[i:], "&&"):
			cuts = append(cuts, i)
			i++
		}
	}
	return cuts, len(cuts) == 0 || strings.Contains(src, "//")
}

// textLen is the length of the quoted text s begins with, -1 for forms that
// are not looked into.
func textLen(s string) int {
	if strings.HasPrefix(s, `"""`) || strings.HasPrefix(s, "'''") {
		return -1
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return -1
}

// bare takes off blanks and one pair of brackets around the whole.
func bare(s string) string {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
		return s
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '"':
			n := textLen(s[i:])
			if n < 0 {
				return s
			}
			i += n - 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 && i < len(s)-1 {
				return s
			}
		}
	}
	return bare(s[1 : len(s)-1])
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// newView prepares what conditions see of an occasion.
func newView(o *Occasion, f *Facts, z clock.Zone) *view {
	v := &view{o: o, f: f, zone: z, lines: o.Lines, eligible: o.Shipping}
	for i := range v.lines {
		v.eligible += v.lines[i].Eligible
		if !v.lines[i].Fee {
			v.items += v.lines[i].Quantity
		}
	}
	return v
}
