-- The axis itself as a sender: its reports to senders are packages like all others, from an agency and a system that no
-- directory shows.
insert into agencies (agency_id, name, kind) values ('00000000-0000-7000-8000-000000000001', 'Trục liên thông văn bản', 'bridge')
on conflict do nothing;
insert into systems (system_id, name, channel, webhook_secret_cipher)
values ('tram.axis', 'Trục liên thông văn bản', 'mailbox', '\x') on conflict do nothing;
