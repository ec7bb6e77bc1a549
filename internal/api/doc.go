// Package api is the JSON face of the house for other programs: tills, web
// shops and whatever an integrator builds. It reads a request strictly, hands
// it to a story, and writes the answer or an RFC 9457 problem.
//
// Its words: a [route] is one operation with its path, scope and types; a
// [call] is one request on its way; an [answer] is what a route gives back. A
// key is a program's bearer secret with its scopes.
//
// One declaration per route makes both the handler and its part of the OpenAPI
// document, so the two cannot drift apart. huma keeps the document and its
// schemas; bodies are read by this package, because huma's decoder takes 1e2
// for a whole number and lets a later duplicate of a key win.
//
// The package decides nothing: no points, no prices, no permissions beyond
// scopes. It never puts a value of a member's person into a problem, a log or a
// metric.
package api
