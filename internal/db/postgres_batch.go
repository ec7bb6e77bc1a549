package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

func (s *pgSession) most() int { return maxArray }

// batch sends all statements in one message and reads their answers in order.
func (s *pgSession) batch(tx *Tx, list []*queued) error {
	var b pgx.Batch
	first := s.queueOpening(&b)
	if err := queueAll(&b, list); err != nil {
		return err
	}
	answers := s.conn.SendBatch(tx.ctx, &b)
	if err := read(answers, first, list); err != nil {
		answers.Close()
		return err
	}
	return answers.Close()
}

func queueAll(b *pgx.Batch, list []*queued) error {
	for _, q := range list {
		if q.sql != "" {
			b.Queue(q.sql, pgArgs(q.cells)...)
			continue
		}
		args, err := arrays(&q.bulk, q.cols, 0, q.n)
		if err != nil {
			return err
		}
		b.Queue(q.bulk.postgres, args...)
	}
	return nil
}

// read takes the answers of the opening statements and of list.
func read(answers pgx.BatchResults, opening int, list []*queued) (err error) {
	for range opening {
		if _, err := answers.Exec(); err != nil {
			return err
		}
	}
	for _, q := range list {
		if q.rows, err = answerOf(answers, q.each); err != nil {
			return err
		}
	}
	return nil
}

// commitAfter sends the last statements and COMMIT in one message. A statement
// that fails stops the server before it reaches COMMIT: then committing is
// false and the transaction is to be rolled back.
func (s *pgSession) commitAfter(list []*queued) (committing bool, err error) {
	var b pgx.Batch
	first := s.queueOpening(&b)
	if err := queueAll(&b, list); err != nil {
		return false, err
	}
	b.Queue("COMMIT")
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	answers := s.conn.SendBatch(ctx, &b)
	if err := read(answers, first, list); err != nil {
		answers.Close()
		return sqlstate(err) == "", err // the server refused a statement, or nobody knows
	}
	tag, err := answers.Exec()
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	if e := answers.Close(); err == nil {
		err = e
	}
	return true, err
}

func answerOf(answers pgx.BatchResults, each func(Row) error) (n int64, err error) {
	if each == nil {
		tag, err := answers.Exec()
		return tag.RowsAffected(), err
	}
	rows, err := answers.Query()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	r := &pgRow{rows}
	for rows.Next() {
		n++
		if err := each(r); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}
