"""What a password must be, said in Chinese where Django says it in English."""

from django.contrib.auth.password_validation import MinimumLengthValidator


class LongEnoughValidator(MinimumLengthValidator):
    """Django's own rule; its words have no Chinese translation."""

    def get_error_message(self) -> str:
        return f"密码太短了，至少要 {self.min_length} 个字符。"

    def get_help_text(self) -> str:
        return f"密码至少要 {self.min_length} 个字符。"
