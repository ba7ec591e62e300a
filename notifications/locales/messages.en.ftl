# Messages to residents and staff. Each template has -title and -body; those sent as text messages also -sms.
# A text message holds code, state and link only, never free text; it fits the 160 characters of one part.

received-title = Report { $code } received
received-body = The operations centre has your report and is choosing the office that must act.
routed-title = Report { $code } is with the office in charge
routed-body = { $agency } has received your report.
routed-sms = Report { $code }: sent to the office in charge. See { $link }
accepted-title = Report { $code } accepted
accepted-body = { $agency } has accepted your report.
started-title = Work on report { $code } has begun
started-body = { $agency } is at work on site.
asked-title = Please answer a question about report { $code }
asked-body = { $agency } needs to know more. The deadline is paused until you answer.
asked-sms = Report { $code }: the office needs your answer. See { $link }
resumed-title = Report { $code }: the deadline runs again
resumed-body = { $agency } goes on with what is known.
resolved-title = Report { $code } has a result
resolved-body = { $agency } has answered. Please look at the result and rate it.
resolved-sms = Report { $code }: there is a result. See and rate: { $link }
reopened-title = Report { $code } is open again
reopened-body = { $agency } will act again, with a new deadline.
closed-title = Report { $code } is closed
closed-body = Thank you for taking care of the place you live in.
transferred-title = Report { $code } went to another office
transferred-body = { $agency } takes over. The promise made to you stays as it is.
rejected-title = Report { $code } was not accepted
rejected-body = The reason stands in your report.
rejected-sms = Report { $code }: not accepted. Reason: { $link }
referred-title = Report { $code }: please turn to another place
referred-body = This is not a matter for field reports. The right address stands in your report.
referred-sms = Report { $code }: to be settled elsewhere. Address: { $link }
merged-title = Report { $code } was joined to an earlier one
merged-body = The same matter was reported before. You still hear every result.
unmerged-title = Report { $code } is handled on its own
unmerged-body = Your report was separated again; { $agency } handles it.
recategorised-title = Report { $code } has another category
recategorised-body = The operations centre corrected the category.
comment-title = News about report { $code }
comment-body = { $agency } has a message for you.
extension-title = Report { $code }: more time was asked for
extension-body = The deadline in force stands in your report.

follower-started-title = Work on report { $code }, which you follow, has begun
follower-started-body = { $agency } is at work.
follower-resolved-title = Report { $code }, which you follow, has a result
follower-resolved-body = { $agency } has answered.
follower-reopened-title = Report { $code }, which you follow, is open again
follower-reopened-body = { $agency } will act again.
follower-closed-title = Report { $code }, which you follow, is closed
follower-closed-body = Thank you for your interest.
follower-comment-title = News about report { $code }, which you follow
follower-comment-body = { $agency } has published a message.

agency-support-title = { $code }: your support is asked for
agency-support-body = { $category }: { $agency } asks your office to help.
agency-resumed-title = { $code }: the deadline runs again
agency-resumed-body = { $category }: the time to wait for the resident's answer is over.
agency-new-title = New report { $code }
agency-new-body = { $category }: waits for { $agency }.
agency-declined-title = { $code }: the crew declined
agency-declined-body = { $category }: assign it again.
agency-approve-title = { $code }: a result waits for approval
agency-approve-body = { $category }: the leader looks at the answer before it goes out.
agency-resolved-title = { $code } has a result
agency-resolved-body = { $category }: the answer went to the resident.
agency-reopened-title = { $code } was reopened
agency-reopened-body = { $category }: the resident does not accept the result; a new deadline runs.
agency-moved-away-title = { $code } left your office
agency-moved-away-body = { $category }: now with { $agency }.
agency-withdrawn-title = { $code } was withdrawn
agency-withdrawn-body = { $category }: the sender took the report back.
agency-recategorised-title = { $code } has another category
agency-recategorised-body = New category: { $category }.
agency-rated-title = { $code } was rated
agency-rated-body = { $category }: the resident rated the result.
agency-extension-title = { $code }: more time was decided on
agency-extension-body = { $category }: the deadline in force stands in the file.
staff-answered-title = { $code }: the resident answered
staff-answered-body = { $category }: the deadline runs again.
staff-comment-title = { $code }: a new message
staff-comment-body = { $category }: see the file.
worker-assigned-title = New work { $code }
worker-assigned-body = { $category }: please accept.
worker-sent-back-title = { $code }: the result was sent back
worker-sent-back-body = { $category }: there is more to do.
worker-taken-away-title = { $code }: nothing more to do
worker-taken-away-body = { $category }: the work moved on or ended.
desk-triage-title = { $code } waits in triage
desk-triage-body = { $category }: no office has it yet.
desk-returned-title = { $code } came back
desk-returned-body = { $category }: the office says it is not its task; route it again.
desk-extension-title = { $code }: more time is asked for
desk-extension-body = { $agency } asks for more time.
late-title = { $code } is late
late-body = { $category }: { $agency } missed the deadline.
escalated-title = { $code } has used { $percent } % of its time
escalated-body = { $category }: with { $agency }.
escalated-sms = Report { $code }: { $percent }% of its time is used. See { $link }

otp-sms = { $code } is your Hien Truong sign-in code, valid for 10 minutes. Do not give it to anybody.
email-body = { $body }

    See the report: { $link }

    { $province } – Hiện Trường. Sent by a machine, please do not answer.
agency-unknown = The office in charge
category-unknown = Field report
