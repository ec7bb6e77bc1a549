package db

import (
	"github.com/jackc/pgx/v5"
)

func (s *pgSession) most() int { return maxArray }

// batch sends all statements in one message and reads their answers in order.
func (s *pgSession) batch(tx *Tx, list []*queued) error {
	var b pgx.Batch
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
	answers := s.tx.SendBatch(tx.ctx, &b)
	for _, q := range list {
		var err error
		if q.rows, err = answerOf(answers, q.each); err != nil {
			answers.Close()
			return err
		}
	}
	return answers.Close()
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
	r := pgRow{rows}
	for rows.Next() {
		n++
		if err := each(r); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}
