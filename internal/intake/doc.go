// Package intake takes in files: members, opening balances, purchases and
// events from other systems, as their exports are, without asking anybody to
// edit them first.
//
// A file goes through these hands, each a stream, so that memory does not
// grow with the file:
//
//	Reader    bytes → rows: encoding, delimiter, quotes, header
//	Mapping   rows → drafts: which column is which field, dates, amounts, words
//	spool     drafts in time order, parts of one order put together
//	finisher  drafts → items: totals checked, cancellations matched, members
//	Runner    items → sink, in batches, resumable; or a dry run's Report
//
// Words: a row is one record as a spreadsheet counts it (the header is row
// 1); a document is one order, return, member, opening balance or event; a
// profile is a mapping the product ships; an item is a document ready to be
// recorded. An item has a natural key (source, kind, number) that makes
// importing it twice harmless.
//
// intake records nothing itself: it calls a [Sink] and keeps only its own
// progress. It holds no personal data beyond the run, and reports show
// personal columns masked.
package intake
