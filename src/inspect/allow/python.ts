/** The standard library: everything is forbidden but these, which hold data and run nothing. */
import { type Rule, words } from './verdict.ts';

/** Names of Python 2, as protocols 0 to 2 write them. */
export const LEGACY_MODULES: Readonly<Record<string, string>> = { __builtin__: 'builtins', copy_reg: 'copyreg' };
export const LEGACY_BUILTINS: Readonly<Record<string, string>> = { unicode: 'str', long: 'int', xrange: 'range' };

export const PYTHON_RULES: readonly Rule[] = [
  {
    modules: /^builtins$/,
    names: words('set frozenset slice range complex bytearray bytes object list dict tuple'),
    role: 'class',
  },
  // Numbers and texts are in the pickle as such; called, `int` and `str` write out what they are given.
  { modules: /^builtins$/, names: words('int float str bool len abs round'), role: 'reference' },
  { modules: /^builtins$/, names: words('type'), role: 'type-of' },
  { modules: /^copyreg$/, names: words('_reconstructor'), role: 'reconstructor' },
  { modules: /^copyreg$/, names: words('__newobj__'), role: 'new-object' },
  { modules: /^_codecs$/, names: words('encode'), role: 'encode' },
  { modules: /^collections$/, names: words('OrderedDict defaultdict deque Counter'), role: 'class' },
  { modules: /^datetime$/, names: words('date time datetime timedelta timezone'), role: 'class' },
  { modules: /^decimal$/, names: words('Decimal'), role: 'class' },
  { modules: /^fractions$/, names: words('Fraction'), role: 'class' },
  { modules: /^uuid$/, names: words('UUID SafeUUID'), role: 'class' },
  { modules: /^types$/, names: words('SimpleNamespace'), role: 'class' },
  // A partial holds a function that was itself looked up, so it is on the list; loading never calls it.
  { modules: /^_?functools$/, names: words('partial'), role: 'class' },
  // itemgetter only indexes; attrgetter and methodcaller reach into objects and stay out.
  { modules: /^_?operator$/, names: words('itemgetter'), role: 'class' },
  { modules: /^_?operator$/, names: words('add sub mul truediv floordiv mod neg eq ne lt le gt ge and_ or_ not_'), role: 'reference' },
  { modules: /^math$/, names: words('log log1p log2 log10 exp expm1 sqrt sin cos tan tanh floor ceil fabs isnan'), role: 'reference' },
];

/** Top-level modules of every standard library from Python 2.7 to 3.14: never the user's own, whatever lies beside the model. */
export const STDLIB: ReadonlySet<string> = words(`
  BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser MimeWriter Queue
  SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO Tkinter UserDict UserList UserString _LWPCookieJar
  _MozillaCookieJar __builtin__ __future__ __hello__ __phello__ _abc _abcoll _aix_support _android_support _apple_support
  _ast _ast_unparse _asyncio _bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk
  _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle
  _compression _contextvars _crypt _csv _ctypes _curses _curses_panel _datetime _dbm _decimal _dummy_thread
  _dummy_threading _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac
  _imp _interpchannels _interpqueues _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _msi
  _multibytecodec _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem
  _posixsubprocess _py_abc _py_warnings _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random _remote_debugging
  _scproxy _sha1 _sha2 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics
  _string _strptime _struct _suggestions _symtable _sysconfig _sysconfigdata _thread _threading_local _tkinter
  _tokenize _tracemalloc _types _typing _uuid _warnings _weakref _weakrefset _winapi _winreg _wmi _zoneinfo _zstd abc
  aifc annotationlib antigravity anydbm argparse array ast asynchat asyncio asyncore atexit audiodev audioop base64
  bdb binascii binhex bisect bsddb builtins bz2 cPickle cProfile cStringIO calendar cgi cgitb chunk cmath cmd code
  codecs codeop collections colorsys commands compileall compiler compression concurrent configparser contextlib
  contextvars cookielib copy copy_reg copyreg crypt csv ctypes curses dataclasses datetime dbhash dbm decimal difflib
  dircache dis distutils doctest dumbdbm dummy_thread dummy_threading email encodings ensurepip enum errno exceptions
  faulthandler fcntl filecmp fileinput fnmatch formatter fpformat fractions ftplib functools future_builtins gc gdbm
  genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac hotshot html htmlentitydefs htmllib
  http httplib idlelib ihooks imageop imaplib imghdr imp importlib imputil inspect io ipaddress itertools json keyword
  lib2to3 linecache locale logging lzma macpath macurl2path mailbox mailcap markupbase marshal math md5 mhlib mimetools
  mimetypes mimify mmap modulefinder msilib msvcrt multifile multiprocessing mutex netrc new nis nntplib nt ntpath
  nturl2path numbers opcode operator optparse os os2emxpath ossaudiodev parser pathlib pdb pickle pickletools pip pipes
  pkg_resources pkgutil platform plistlib popen2 poplib posix posixfile posixpath pprint profile pstats pty pwd
  py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline repr reprlib resource rexec rfc822
  rlcompleter robotparser runpy sched secrets select selectors setuptools sets sgmllib sha shelve shlex shutil signal
  site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre sre_compile sre_constants sre_parse ssl stat
  statistics statvfs string stringold stringprep strop struct subprocess sunau sunaudio symbol symtable sys sysconfig
  syslog tabnanny tarfile telnetlib tempfile termios test textwrap this thread threading time timeit tkinter toaiff
  token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib
  urllib2 urlparse user uu uuid venv warnings wave weakref webbrowser whichdb winreg winsound wsgiref xdrlib xml
  xmllib xmlrpc xmlrpclib xxlimited xxsubtype zipapp zipfile zipimport zlib zoneinfo`);
