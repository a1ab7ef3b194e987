-- Jobs whose summary names a data set are points of a series: they are found by its name, and kept longer.
ALTER TABLE jobs ADD COLUMN dataset TEXT;
CREATE INDEX jobs_by_dataset ON jobs (dataset, id) WHERE dataset IS NOT NULL AND parent_id IS NULL;
