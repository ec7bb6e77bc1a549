package ident

import "testing"

func TestIdsGrowAndSurviveText(t *testing.T) {
	var last ID
	for range 10_000 {
		id := New()
		if !last.Less(id) {
			t.Fatalf("%s does not sort after %s", id, last)
		}
		last = id
	}
	back, err := Member.Parse(Member.Text(last))
	if err != nil || back != last {
		t.Errorf("%s -> %v, %v", Member.Text(last), back, err)
	}
	for _, bad := range []string{"", "mem_", "pur_" + last.String(), "mem_" + last.String()[1:], "mem_zz" + last.String()[2:]} {
		if _, err := Member.Parse(bad); err == nil {
			t.Errorf("%q was taken for a member id", bad)
		}
	}
}

func TestScanTakesBothEnginesForms(t *testing.T) {
	id := New()
	dashed := id.String()[:8] + "-" + id.String()[8:12] + "-" + id.String()[12:16] + "-" + id.String()[16:20] + "-" + id.String()[20:]
	for _, src := range []any{id[:], id.String(), dashed, []byte(dashed), [16]byte(id)} {
		var got ID
		if err := got.Scan(src); err != nil || got != id {
			t.Errorf("Scan(%T) = %v, %v", src, got, err)
		}
	}
	var none ID
	if err := none.Scan(nil); err != nil || !none.IsZero() {
		t.Error("NULL is not the zero id")
	}
}

func TestTheCheckDigitIsTheOneOfThePrintedExample(t *testing.T) {
	if !ValidCard("2900000123458") { // the number of EXAMPLES §4
		t.Error("2900000123458 refused")
	}
	if !ValidCard("4006381333931") { // GS1's worked example
		t.Error("4006381333931 refused")
	}
	for _, bad := range []string{"2900000123457", "290000012345", "29000001234５8", "29000001234a8"} {
		if ValidCard(bad) {
			t.Errorf("%q accepted", bad)
		}
	}
	for range 100 {
		if c := NewCard(); !ValidCard(c) {
			t.Errorf("NewCard made %q", c)
		}
	}
}
