"""Mail: each message is handed to the site's own mail server by SMTP."""

from __future__ import annotations

from hawatch.notifiers.mail.notifier import MailNotifier

__all__ = ["MailNotifier"]
