package ledger

// Touch makes Save write the account though no row of it changed: a decision
// that read the holder's facts and gave nothing is still guarded by the
// account's version against another one made at the same time elsewhere. A
// holder without an account yet has nothing to guard it by, and needs nothing:
// facts that limit are counters with their own guard.
func (b *Book) Touch() {
	if b.Version > 0 {
		b.dirty = true
	}
}
