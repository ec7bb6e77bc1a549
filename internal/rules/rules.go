// Package rules is the judge: given a programme version, an occasion and the
// facts about a member it says how many points are given, by which rule, and
// why. [Version.Evaluate] is pure and the only judge: live tills, imports,
// previews, the simulator and the back-test all call it.
//
// Conditions are written in CEL (the Common Expression Language) with typed
// variables; CEL lives inside this package. What does not compile is refused
// when a programme is saved.
//
// The package reads no clock and no database and knows no ledger.
package rules
