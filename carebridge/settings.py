"""The one settings module. Everything that differs between machines is an environment variable.

`.env.example` lists the variables. A missing or wrong one stops the start with advice.
"""

import datetime
import os
import re
import tomllib
from pathlib import Path

from csp.constants import SELF
from django.core.exceptions import ImproperlyConfigured

from carebridge.databases.urls import databases, parse_cache_url

BASE_DIR = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION: str = PROJECT["version"]
# Everything a running site writes: database, secret key, collected static files, photos.
VAR_DIR = BASE_DIR / "var"


def env_bool(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, str(default)).strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def env_int(name: str, default: int, least: int, most: int) -> int:
    value = os.environ.get(name) or str(default)
    if re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII) and least <= int(value) <= most:
        return int(value)
    raise ImproperlyConfigured(f"{name} must be a number from {least} to {most}, not {value!r}.")


def env_tiles(name: str) -> list[str]:
    """Addresses of map tiles, apart by blanks: each on https or on this host, with its numbers."""
    tiles = os.environ.get(name, "").split()
    for tile in tiles:
        is_whole = all(part in tile for part in ("{z}", "{x}", "{y}")) and "{s}" not in tile
        if not (is_whole and re.match(r"https://[\w.-]+(:\d+)?/|/(?!/)", tile, re.ASCII)):
            raise ImproperlyConfigured(
                f"{name} must be addresses with {{z}}, {{x}} and {{y}} on one https host each"
                f" (no {{s}}), apart by blanks, not {tile!r}. .env.example shows Tianditu's."
            )
    return tiles


def secret_key() -> str:
    """Return the SECRET_KEY variable, else the file that `make run` generates for this checkout."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = VAR_DIR / "secret_key"
    if path.exists():
        return path.read_text().strip()
    raise ImproperlyConfigured(
        "No secret key. Set the SECRET_KEY variable, or run `make var/secret_key` to generate one."
    )


DEBUG = env_bool("DEBUG")
# True behind HTTPS: cookies, redirects and HSTS follow. Production must set it.
HTTPS = env_bool("HTTPS")
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "carebridge.staff.admin_site.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "csp",
    "corsheaders",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "regions",
    "institutions",
]

MIDDLEWARE = [
    "carebridge.middleware.logs.log_requests",
    "carebridge.databases.health.answer_probes",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "carebridge.middleware.limits.limit_requests",
    "carebridge.middleware.fit_requests.clean_requests",
    "carebridge.middleware.doors.limit_doors",
    "carebridge.middleware.parameters.tidy_parameters",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "carebridge.middleware.heads.omit_bodies",
    "django.middleware.gzip.GZipMiddleware",
    "carebridge.middleware.unchanged.answer_unchanged",
    "carebridge.middleware.display.vary_on_display",
    "carebridge.middleware.privacy.keep_private",
    "carebridge.databases.router.choose_database",
    "carebridge.middleware.copies.keep_copies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "carebridge.middleware.limits.limit_fields",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "carebridge.staff.sessions.end_in_time",
    "carebridge.staff.second_factor.ask_first",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "carebridge.urls"
WSGI_APPLICATION = "carebridge.wsgi.application"

TEMPLATES = [
    # Public pages and those of errors.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "public"],
        "OPTIONS": {
            "environment": "carebridge.templating.environment.environment",
            "context_processors": [
                "carebridge.middleware.display.display",
                "carebridge.middleware.privacy.carried",
                "carebridge.templating.environment.context",
            ],
        },
    },
    # The admin.
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Whom readers may ring and who answers for the site; pages show a note when nobody is named.

ORGANISATION = os.environ.get("ORGANISATION", "").strip()
HELP_PHONE = os.environ.get("HELP_PHONE", "").strip()
HELP_HOURS = os.environ.get("HELP_HOURS", "").strip()
if not re.fullmatch(r"(\+?\d[\d -]{1,18}\d)?", HELP_PHONE, re.ASCII):
    raise ImproperlyConfigured(
        "HELP_PHONE must be digits, spaces and hyphens, for example 010-12345678; or empty."
    )

# 备案号: a public site in China shows it on every page, and links it to the ministry's register.
ICP_NUMBER = os.environ.get("ICP_NUMBER", "").strip()
if not re.fullmatch(r"([\u4e00-\u9fff]ICP备\d{6,12}号(-\d{1,3})?)?", ICP_NUMBER, re.ASCII):
    raise ImproperlyConfigured("ICP_NUMBER must be like 京ICP备12345678号-1; or empty.")

# Database: SQLite beside the code, or whatever DATABASE_URL names; replicas to read from.

# How long a save waits for another to end before it is answered with 503.
LOCK_SECONDS = env_int("LOCK_SECONDS", 20, 1, 600)
DATABASES = databases(
    os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'carebridge.sqlite3'}",
    os.environ.get("DATABASE_REPLICA_URL", ""),
    pgbouncer=env_bool("PGBOUNCER"),
    lock_seconds=LOCK_SECONDS,
)
DATABASE_ROUTERS = ["carebridge.databases.router.Router"]
CACHES = {"default": parse_cache_url(os.environ.get("CACHE_URL") or "locmem://")}
# How many public pages are kept on disk for when no database answers; 0: none.
COPIES = env_int("COPIES", 1_000, 0, 100_000)
COPIES_DIR = Path(os.environ.get("COPIES_DIR") or VAR_DIR / "copies")

# Where results are counted and sorted: bitmaps in the memory of each worker, or the database.
FACETS = os.environ.get("FACETS", "bitmaps").strip()
if FACETS not in {"bitmaps", "orm"}:
    raise ImproperlyConfigured(f"FACETS must be bitmaps or orm, not {FACETS!r}.")

# What lies under the pins of the map: tiles of a map service, or a plain ground with place names.
MAP_TILES = env_tiles("MAP_TILES")
MAP_ATTRIBUTION = os.environ.get("MAP_ATTRIBUTION", "").strip()
if MAP_TILES and not MAP_ATTRIBUTION:
    raise ImproperlyConfigured(
        "MAP_ATTRIBUTION must say whose map MAP_TILES is and its approval number (审图号), which"
        " readers see below it."
    )
# The datum the tiles are drawn in: Tianditu's is WGS-84, those of Chinese map apps are GCJ-02.
MAP_DATUM = os.environ.get("MAP_DATUM") or "wgs84"
if MAP_DATUM not in {"wgs84", "gcj02"}:
    raise ImproperlyConfigured(f"MAP_DATUM must be wgs84 or gcj02, not {MAP_DATUM!r}.")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    # First: who is locked out is not even asked for the password.
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "carebridge.staff.roles.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "regions.staff.checks.LongEnoughValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

PASSWORD_HASHERS = ["carebridge.staff.hashers.PatientHasher"]

# Signing in. A name is locked at a network, never a network alone: a county office is one.

AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = datetime.timedelta(minutes=15)
# The page promises fifteen minutes; trying again meanwhile must not make it longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "carebridge.lib.visitors.network"
AXES_USERNAME_CALLABLE = "carebridge.lib.visitors.sign_in_name"
AXES_LOCKOUT_CALLABLE = "carebridge.staff.lockout.locked_out"

# How many proxies of ours a request passes: each adds the address it saw to X-Forwarded-For.
PROXIES = env_int("PROXIES", 1 if HTTPS else 0, 0, 9)

# Whether staff must confirm with a second factor, or may.
STAFF_TOTP = os.environ.get("STAFF_TOTP") or "optional"
if STAFF_TOTP not in {"required", "optional"}:
    raise ImproperlyConfigured(f"STAFF_TOTP must be required or optional, not {STAFF_TOTP!r}.")
OTP_TOTP_ISSUER = "颐桥"

# A session ends with the browser, after a day's work, and after a time without a click.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = env_int("STAFF_SESSION_HOURS", 12, 1, 24) * 60 * 60
STAFF_IDLE_SECONDS = env_int("STAFF_IDLE_MINUTES", 30, 1, 24 * 60) * 60

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
# The proxy hands photos out itself, whatever else the site writes may be read by the site alone.
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755
# A home of hundreds of rows is one form; readers send far less (carebridge.middleware.limits).
DATA_UPLOAD_MAX_NUMBER_FIELDS = 30_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Where `manage.py snapshot` keeps dated copies of the open data, and /data/ finds them.
SNAPSHOT_DIR = Path(os.environ.get("SNAPSHOT_DIR") or VAR_DIR / "snapshots")
if not SNAPSHOT_DIR.is_absolute() or (SNAPSHOT_DIR.exists() and not SNAPSHOT_DIR.is_dir()):
    raise ImproperlyConfigured(
        "SNAPSHOT_DIR must be the full path of a folder, for example /srv/carebridge/snapshots;"
        " it is made when it is needed."
    )

# Security. Nothing runs inline and nothing is loaded from elsewhere but the tiles of a map.
TILE_HOSTS = sorted({"/".join(tile.split("/")[:3]) for tile in MAP_TILES if tile[0] != "/"})

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *TILE_HOSTS],
        "object-src": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# What that binds: this host, its subdomains too, or a list in browsers as well (hard to undo).
HSTS = os.environ.get("HSTS") or "host"
if HSTS not in {"host", "subdomains", "preload"}:
    raise ImproperlyConfigured(f"HSTS must be host, subdomains or preload, not {HSTS!r}.")
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and HSTS != "host"
SECURE_HSTS_PRELOAD = HTTPS and HSTS == "preload"
# Django would have every site bind its subdomains.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The API: JSON to read, for everybody, from any page. Nobody signs in to it.

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["carebridge.api.throttle.VisitorThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "carebridge.api.problems.answer_error",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
# Limits by network (carebridge.lib.limits); 0: none, because a proxy keeps one.

API_PER_MINUTE = env_int("API_PER_MINUTE", 120, 0, 100_000)
DOWNLOADS_AT_ONCE = env_int("DOWNLOADS_AT_ONCE", 2, 0, 1_000)
CORRECTIONS_A_DAY = env_int("CORRECTIONS_A_DAY", 20, 0, 100_000)
PASSWORDS_IN_TEN_MINUTES = env_int("PASSWORDS_IN_TEN_MINUTES", 300, 0, 100_000)
WRONG_PASSWORDS_IN_TEN_MINUTES = env_int("WRONG_PASSWORDS_IN_TEN_MINUTES", 100, 0, 100_000)
# What other sites' pages may read: the API, and the files of open data.
CORS_URLS_REGEX = r"^/(api/|data/|institutions\.)"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "if-modified-since", "if-none-match"]
CORS_EXPOSE_HEADERS = ["ETag", "Last-Modified", "Retry-After"]
SPECTACULAR_SETTINGS = {
    "TITLE": "颐桥开放数据接口",
    "DESCRIPTION": (
        "养老机构、地区、政策和出处，和网页上看到的一样。只读，不用登录。"
        "金额一律是整数，单位是分，名字以 _fen 结尾；未公布是 null，从不是 0。"
        "is_demo 为 true 的是编出来演示的，转载时要一起写明。"
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/", "description": "本站"}],
    "POSTPROCESSING_HOOKS": ["carebridge.api.openapi.finish_schema"],
}

# Logs: lines of JSON on standard error, plain while developing; see carebridge.middleware.logs.

LOG_LEVEL = (os.environ.get("LOG_LEVEL") or ("INFO" if HTTPS else "WARNING")).strip().upper()
# Not DEBUG: Django would log every query with what was asked.
if LOG_LEVEL not in {"INFO", "WARNING", "ERROR"}:
    raise ImproperlyConfigured(f"LOG_LEVEL must be INFO, WARNING or ERROR, not {LOG_LEVEL!r}.")
# Queries that take this many milliseconds or more are logged, without parameters; 0: none.
SLOW_QUERY_MS = env_int("SLOW_QUERY_MS", 500, 0, 600_000)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "carebridge.middleware.logs.JsonFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler"} | ({} if DEBUG else {"formatter": "json"})
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handler mails or prints whole requests.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # It names who signed in from where; the log of sign-ins in the database is for that.
        "axes": {"level": "ERROR"},
    },
}
