-- Write the processing log (Logboek Dataverwerkingen) in the transaction of the processing: one row per person.
-- record: `shared.processing_log.ProcessingRecord.as_json()`, the same for all of them but for the person.
create or replace function log_processing(subjects uuid[], record jsonb) returns void language sql as $$
    insert into processing_log (trace_id, span_id, parent_span_id, status, name, organisation, processing_activity_id,
                                data_subject_id, start_time, end_time)
    select record ->> 'trace_id', record ->> 'span_id', record ->> 'parent_span_id', record ->> 'status', record ->> 'name',
           record #>> '{resource,attributes,organisation}', record #>> '{attributes,dpl.core.processing_activity_id}',
           subject, (record ->> 'start_time')::timestamptz, moment()
    from (select distinct unnest(subjects) as subject) s
$$;
