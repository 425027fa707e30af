using System.Text;
using Portal.Server.Data;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Tests.Values;

public sealed class SecretScalarsTests
{
    private static readonly HashSet<string> None = [];

    private static readonly SecretScalars Secrets = new(new SecretBox(Encoding.ASCII.GetBytes(new string('k', 32))));

    [Theory]
    [InlineData("database.password: x1")]
    [InlineData("storage.secretKey: x1")]
    [InlineData("auth.clientSecret: x1")]
    [InlineData("auth.secret: x1")]
    [InlineData("api.accessToken: x1")]
    [InlineData("ADMIN_PASSWORD: x1")]
    [InlineData("pin.password: 1234")]
    [InlineData("adminPasswords: [x1]")]
    [InlineData("tokens.ci: x1")]
    [InlineData("app.credentials.json: x1")]
    [InlineData("password.value: x1")]
    [InlineData("secret.value: x1")]
    [InlineData("secret.data.FOO: x1")]
    [InlineData("token.value: x1")]
    [InlineData("secrets.db.value: x1")]
    [InlineData("secretEnv.FOO: x1")]
    [InlineData("credentials.key: x1")]
    [InlineData("tokens: [{key: x1}]")]
    [InlineData("auth.passwordSecret.value: x1")]
    [InlineData("a.secretValue: x1")]
    [InlineData("a.secretString: x1")]
    [InlineData("a.secret_data: x1")]
    [InlineData("a.secret1: x1")]
    [InlineData("a.pass1: x1")]
    [InlineData("a.dbpwd2: x1")]
    [InlineData("auth.existingSecretPassword: x1")]
    [InlineData("encryption.key: x1")]
    [InlineData("tls.key: x1")]
    [InlineData("tls.keyPem: x1")]
    [InlineData("a.fernetKey: x1")]
    [InlineData("a.hmacKey: x1")]
    [InlineData("a.passcode: 1234")]
    [InlineData("headers.Authorization: Token x1")]
    [InlineData("credentials.pin: 1234")]
    public void These_are_secret(string line) => Assert.Single(SecretFinder.Find(Nested(line), None));

    [Theory]
    [InlineData("pod.automountServiceAccountToken: true")]
    [InlineData("auth.existingSecret: my-secret")]
    [InlineData("image.pullSecret: registry")]
    [InlineData("tls.secretName: cert")]
    [InlineData("database.passwordSecretRef.name: db")]
    [InlineData("auth.createSecret: false")]
    [InlineData("auth.token: null")]
    [InlineData("auth.password: ''")]
    [InlineData("database.host: mysql")]
    [InlineData("imagePullSecrets: [{name: registry}]")]
    [InlineData("imagePullSecrets: [registry]")]
    [InlineData("extraSecrets: [{name: db, key: x1}]")]
    [InlineData("credentials.username: anna")]
    [InlineData("auth.passwordSecret: {name: x, key: y}")]
    [InlineData("auth.existingSecret: {name: x, key: y, passwordKey: z}")]
    [InlineData("secret.create: true")]
    [InlineData("secret.name: x")]
    [InlineData("secret.annotations: {a/b: x}")]
    [InlineData("secret.secretName: x")]
    [InlineData("secret.enabled: 'yes'")]
    [InlineData("authorization: enabled")]
    [InlineData("a.tokenExpirySeconds: 3600")]
    [InlineData("a.passwordPolicy.minLength: 12")]
    [InlineData("a.passwordPolicy.allowed: letters")]
    [InlineData("token.ttl: 3600")]
    [InlineData("token.expirySeconds: 3600")]
    [InlineData("a.keyName: x")]
    [InlineData("tls.keyName: x")]
    [InlineData("encryption.enabled: true")]
    [InlineData("auth.existingSecretPasswordKey: x")]
    [InlineData("credentials.valueFrom.secretKeyRef: {name: x, key: y}")]
    [InlineData("volumes: [{secret: {secretName: x, items: [{key: y, path: z}]}}]")]
    [InlineData("auth.secretKeys.userKey: x")]
    [InlineData("external-secrets.image.tag: v1")]
    [InlineData("serviceAccount.secrets: [x]")]
    [InlineData("compass: x")]
    [InlineData("env: [{name: TOKEN_TTL, value: 1h}]")]
    public void These_are_not(string line) => Assert.Empty(SecretFinder.Find(Nested(line), None));

    /// <summary>Properties of other systems have dots in their keys, variables have their name beside them, addresses carry logins: viewers read them all.</summary>
    [Theory]
    [InlineData("conf:\n  fs.s3a.secret.key: x1\n", "x1")]
    [InlineData("conf:\n  spark.hadoop.aws.secretAccessKey: x1\n", "x1")]
    [InlineData("conf:\n  fs.s3a.server-side-encryption.key: x1\n", "x1")]
    [InlineData("dbPwd: x1\n", "x1")]
    [InlineData("env:\n  - name: LEVEL\n    value: info\n  - name: DB_PASSWORD\n    value: x1\n", "x1")]
    [InlineData("url: jdbc:mysql://anna:x1@db/portal\n", "x1,mysql://anna:x1@")]
    [InlineData("args: ['--password', x1]\n", "x1")]
    [InlineData("url: jdbc:mysql://db/portal?user=anna&password=x1&ssl=true\n", "x1,password=x1")]
    [InlineData("conf: |\n  spark.master=k8s\n  spark.hadoop.fs.s3a.secret.key=x1\n", "x1,spark.hadoop.fs.s3a.secret.key=x1")]
    [InlineData("file: |\n  db:\n    password: \"x1\"\n    host: db\n", "x1,password: \"x1\"")]
    [InlineData("json: '{\"apiKey\": \"x1\", \"level\": \"info\"}'\n", "x1,apiKey\": \"x1\"")]
    [InlineData("conf: |\n  password=${DB_PASSWORD}\n  existingSecret: db\n  token: null\n", "")]
    [InlineData("url: https://db.example.com:8443/a@b\n", "")]
    [InlineData("conf:\n  aws.key.name: x1\n", "")]
    public void Secrets_stand_in_odd_places(string text, string expected) => Assert.Equal(expected, string.Join(',', SecretScalars.Values(SecretFinder.Find(text, None))));

    /// <summary>Each of these was shown to viewers, or half of it.</summary>
    [Theory]
    [InlineData("a: java --db-password=x1x1 -jar x", "x1x1")]
    [InlineData("a: java -Dspring.datasource.password=x1x1 -jar x", "x1x1")]
    [InlineData("a: run --token x1x1 --level info", "x1x1")]
    [InlineData("a: DB_TOKEN=x1x1", "x1x1")]
    [InlineData("a: _TOKEN=x1x1", "x1x1")]
    [InlineData("a: password=S3cr&t,more", "S3cr&t,more")]
    [InlineData("a: 'password=\"two words\" user=anna'", "two words")]
    [InlineData("a: 'password=''two words'' user=anna'", "two words")]
    [InlineData("a: password=$tr0ng", "$tr0ng")]
    [InlineData("a: password=$2y$10$abcdefghijk", "$2y$10$abcdefghijk")]
    [InlineData("a: password=${X:-changeit}", "${X:-changeit}")]
    [InlineData("a: Server=db;Password=x1;x1x;Encrypt=true", "x1;x1x")]
    [InlineData("a: mysql://anna:p@ss@db/portal", "p@ss")]
    [InlineData("a: users[0].password=x1x1", "x1x1")]
    [InlineData("a: \"level=info\\npassword=x1 x1\\nuser=anna\\n\"", "x1 x1")]
    [InlineData("a: \"{\\\"token\\\": \\\"x1\\\\\\\"x1\\\"}\"", "x1\"x1")]
    [InlineData("a: |\n  password=x1, x1; x1=1\n  user=anna", "x1, x1; x1=1")]
    [InlineData("a: |\n  db:\n    password: |\n      x1\n      x2\n    host: db\n", "x1\nx2\n")]
    [InlineData("a: |\n  <property><name>fs.s3a.secret.key</name><value>x1x1</value></property>\n", "x1x1")]
    [InlineData("a: <user>anna</user><password>x1x1</password>", "x1x1")]
    [InlineData("a: 'Authorization: Bearer x1x1x1x1'", "x1x1x1x1")]
    [InlineData("a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIE\n  -----END RSA PRIVATE KEY-----\n", "MIIE")]
    [InlineData("a: CREATE USER anna PASSWORD 'x1 x1'", "x1 x1")]
    [InlineData("a: curl -u anna:x1x1 https://example.com", "x1x1")]
    [InlineData("a: '{\"auths\": {\"r.io\": {\"auth\": \"YW5uYTp4MXgx\"}}}'", "YW5uYTp4MXgx")]
    [InlineData("# password: x1x1\na: 1", "x1x1")]
    [InlineData("a: dXNlcj1hO3Bhc3N3b3JkPXgxeDE=", "dXNlcj1hO3Bhc3N3b3JkPXgxeDE=")]
    [InlineData("a: |\n  secrets:\n  - x1\n  level: info\n", "x1")]
    [InlineData("a: |\n  tokens:\n    ci: x1\n  level: info\n", "x1")]
    [InlineData("a: |\n  @broken\n  tokens:\n    ci: x1\n  level: info\n", "ci: x1")]
    [InlineData("a: |\n  @broken\n  secrets:\n  - x1\n  - x1\n  level: info\n", "- x1\n- x1")]
    [InlineData("a: b # old password: x1x1", "x1x1")]
    [InlineData("a: [b, # token=x1x1\n  c]", "x1x1")]
    [InlineData("a: 'Authorization: Token x1x1'", "x1x1")]
    [InlineData("a: mysql -u root -px1x1", "x1x1")]
    [InlineData("a: mysqldump -h db -p'x1x1' portal", "x1x1")]
    [InlineData("a: root:x1x1@tcp(db:3306)/portal", "x1x1")]
    [InlineData("# the admin password is x1x1\na: 1", "x1x1")]
    [InlineData("a: b # password was 'x1x1'", "x1x1")]
    public void Parts_are_found_whole(string text, string part)
    {
        var found = Assert.Single(SecretFinder.Find(text, None));
        Assert.Equal(part, found.Place.Value);
        Assert.DoesNotContain("x1", SecretScalars.Hide(text, None, _ => "*"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: password=${DB_PASSWORD};user=x")]
    [InlineData("a: 'password={{ .Values.x }}'")]
    [InlineData("a: password=<from Secret db>")]
    [InlineData("a: --password=$DB_PASSWORD --user=x")]
    [InlineData("a: the token for the user is elsewhere")]
    [InlineData("a: https://db.example.com:8443/a@b")]
    [InlineData("a: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("a: aVeryLongNameOfSomethingElseThatIsNoSecret12")]
    [InlineData("a: |\n  imagePullSecrets: []\n  level: info\n")]
    [InlineData("a: |\n  enable_token: true\n  secretName: db\n")]
    [InlineData("a: mkdir -pv /tmp/x")]
    [InlineData("a: mysql -u root -p$PASSWORD")]
    [InlineData("a: mysql -u root -p")]
    [InlineData("a: 1 # the password is required")]
    [InlineData("a: 1 # the token is stored in a Secret")]
    [InlineData("a: --authorization-mode=RBAC")]
    [InlineData("a: 'authorization: enabled'")]
    [InlineData("a: anna@tcp(db:3306)/portal")]
    public void Words_and_references_are_no_parts(string text) => Assert.Empty(SecretFinder.Find(text, None));

    /// <summary>An anchor was hidden with the password behind it, and "*name" then stood for nothing; where the alias was the secret, the text that it stands for was shown.</summary>
    [Theory]
    [InlineData("password: &pw x1\nother: *pw\n", "password: &pw *\nother: *pw\n")]
    [InlineData("a: &pw !!str x1\ndb: {password: *pw}\n", "a: &pw !!str *\ndb: {password: *pw}\n")]
    [InlineData("a: &t {k: x1}\nsecrets: *t\n", "a: &t {k: *}\nsecrets: *t\n")]
    [InlineData("a: &v x1\nb: &t {password: *v}\nc: {<<: *t}\n", "a: &v *\nb: &t {password: *v}\nc: {<<: *t}\n")]
    [InlineData("a: &t {pin: x1}\nusers: {<<: *t}\n", "a: &t {pin: *}\nusers: {<<: *t}\n")]
    public void Anchors_stay_and_aliases_are_followed(string text, string shown) =>
        Assert.Equal(shown, SecretScalars.Hide(text, new HashSet<string>(StringComparer.Ordinal) { "users.pin" }, _ => "*"));

    /// <summary>The same word stood in clear beside the key that hides it.</summary>
    [Fact]
    public void What_is_hidden_at_one_place_is_hidden_at_every_other_one()
    {
        const string text = "adminPassword: x1x1x1x1\nimage: r.io/x1x1x1x1-fail:1 # x1x1x1x1\nlist: [x1x1x1x1]\nlevel: x1\n";
        Assert.Equal("adminPassword: *\nimage: r.io/*-fail:1 # *\nlist: [*]\nlevel: x1\n", SecretScalars.Hide(text, None, _ => "*"));
        Assert.Equal(text.Replace("fail", "good", StringComparison.Ordinal), Secrets.Unmask(Secrets.Mask(text, "r", 1, None).Replace("fail", "good", StringComparison.Ordinal), text, "r", 1, None).Text);
    }

    /// <summary>Whoever may write values read every secret: they took away what announces it, and kept the place-holder.</summary>
    [Theory]
    [InlineData("env: [{name: DB_PASSWORD, value: x1}]", "DB_PASSWORD", "DB_NAME")]
    [InlineData("args: ['--password', x1]", "--password", "--colour")]
    [InlineData("a: password=x1", "password", "colour")]
    [InlineData("a: |\n  db.password=x1", "password", "colour")]
    [InlineData("a: &sh x1\nkeyPassword: *sh", "keyPassword", "keyOther")]
    [InlineData("a: mysql://u:x1@host", "://u:", "-u-")]
    [InlineData("a: mysql://u:x1@host", "mysql://u:", "x ")]
    [InlineData("password: x1", "password", "colour")]
    [InlineData("a:\n  password: x1", "a:", "b:")]
    [InlineData("# password: x1\na: 1", "password", "colour")]
    [InlineData("password: x1x1x1x1\nimage: x1x1x1x1-a", "image", "other")]
    [InlineData("password: x1", "password: ", "password: a")]
    public void A_place_holder_shows_nothing_by_being_taken_elsewhere(string text, string old, string now)
    {
        var masked = Secrets.Mask(text, "r", 1, None);
        Assert.Equal(text, Secrets.Unmask(masked, text, "r", 1, None).Text);
        Assert.Equal("secret-moved", Assert.Throws<ProblemException>(() => Secrets.Unmask(masked.Replace(old, now, StringComparison.Ordinal), text, "r", 1, None)).Code);
    }

    [Fact]
    public void Place_holders_are_not_swapped()
    {
        const string text = "conf: |\n  a.password=x1\n  b.password=y1\n";
        var masked = Secrets.Mask(text, "r", 1, None);
        var ids = System.Text.RegularExpressions.Regex.Matches(masked, "__portal_secret:[0-9a-f]+__").Select(m => m.Value).ToArray();
        Assert.Throws<ProblemException>(() => Secrets.Unmask(masked.Replace(ids[0], "-").Replace(ids[1], ids[0]).Replace("-", ids[1]), text, "r", 1, None));
    }

    /// <summary>Somebody took the first item away; whoever still had the old text saved the second one's secret under the first one's name.</summary>
    [Fact]
    public void Items_of_a_list_are_known_by_their_names()
    {
        const string first = "env:\n  - {name: A_PASSWORD, value: x1}\n  - {name: B_PASSWORD, value: y1}\n";
        const string second = "env:\n  - {name: B_PASSWORD, value: y1}\n";
        var draft = Secrets.Mask(first, "r", 1, None);
        Assert.Throws<ProblemException>(() => Secrets.Unmask(draft, second, "r", 2, None));
        var merged = draft.Replace(draft.Split('\n')[1] + "\n", "", StringComparison.Ordinal);
        Assert.Equal(second, Secrets.Unmask(merged, second, "r", 2, None).Text);
        // Nameless ones are known by their number, and only in the text that they come from.
        var list = Secrets.Mask("adminPasswords: [x1, y1]\n", "r", 1, None);
        Assert.Equal("adminPasswords: [x1, y1, z1]\n", Secrets.Unmask(list.Replace("]", ", z1]", StringComparison.Ordinal), "adminPasswords: [x1, y1]\n", "r", 1, None).Text);
        Assert.Throws<ProblemException>(() => Secrets.Unmask(list, "adminPasswords: [y1]\n", "r", 2, None));
    }

    [Theory]
    [InlineData("password: \"\\x5f_portal_secret:0123456789abcdef0123__\"\n")]
    [InlineData("__portal_secret:0123456789abcdef0123__: 1\n")]
    [InlineData("a: __portal_secret:zz__\n")]
    [InlineData("a: 1 # __portal_secret:0123456789abcdef0123__\n")]
    public void A_place_holder_is_never_kept(string text) => Assert.Throws<ProblemException>(() => Secrets.Unmask(text, "password: x1\n", "r", 1, None));

    [Theory]
    [InlineData("database: {shown: x1x1}\n", true)]
    [InlineData("link: ax1x1\n", true)]
    [InlineData("other: {password: x1x1}\n", false)]
    [InlineData("level: debug\n", false)]
    public void A_change_shows_no_secret(string text, bool shows) => Assert.Equal(shows, SecretScalars.Shows(text, "database: {password: x1x1}\nlevel: info\n", None));

    /// <summary>Parts had numbers: who put one before the others gave each the secret of its neighbour.</summary>
    [Fact]
    public void A_part_that_comes_in_between_does_not_move_the_others()
    {
        var draft = Secrets.Mask("conf: |\n  password=x1x1\n  token=y1y1\n", "r", 1, None);
        // Somebody else saved revision 2 meanwhile.
        const string newest = "conf: |\n  apiKey=z1z1\n  password=x1x1\n  token=y1y1\n";
        Assert.Equal("conf: |\n  password=x1x1\n  token=y1y1\n", Secrets.Unmask(draft, newest, "r", 2, None).Text);
        // One more of the same name: which is which is not known.
        Assert.Throws<ProblemException>(() => Secrets.Unmask(draft, "conf: |\n  password=new1\n  password=x1x1\n  token=y1y1\n", "r", 2, None));
    }

    [Fact]
    public void What_Helm_does_not_read_is_not_shown_and_what_is_no_YAML_is_looked_through()
    {
        Assert.Equal("a: 1\n", SecretScalars.Hide("a: 1\n---\npassword: x1\n", None, _ => "*"));
        Assert.Equal("a: [\npassword: *\n", SecretScalars.Hide("a: [\npassword: x1\n", None, _ => "*"));
    }

    /// <summary>Every character of a long word began a search of its own.</summary>
    [Theory]
    [InlineData("abcdefgh")]
    [InlineData("-")]
    [InlineData("_")]
    [InlineData(" ")]
    [InlineData("a ")]
    [InlineData("password=")]
    [InlineData("a://b:")]
    [InlineData("token \"")]
    [InlineData("& ")]
    [InlineData("<password>")]
    [InlineData("password is ")]
    [InlineData("a:")]
    [InlineData("mysql -p")]
    [InlineData("# password: ")]
    [InlineData("{")]
    [InlineData("{{")]
    [InlineData("x(\"")]
    [InlineData("a:1:b:c:d\n")]
    public void Long_texts_are_read_in_one_go(string word)
    {
        var text = string.Concat(Enumerable.Repeat(word, 150_000 / word.Length));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        SecretParts.Find(text);
        SecretParts.Find($"password={text}");
        SecretParts.Find($"@tcp authorization is mysql -p {text}");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Schemas_of_subcharts_count_under_their_alias()
    {
        Portal.Helm.Charts.Chart Named(string name, string schema) => new() { Metadata = new() { Name = name, Version = "1.0.0" }, Schema = Encoding.UTF8.GetBytes(schema) };
        var sub = Named("redis", """{"properties":{"pin":{"writeOnly":true}}}""");
        var chart = Named("app", "{}") with { Dependencies = [sub] };
        chart = chart with { Metadata = chart.Metadata with { Dependencies = [new() { Name = "redis", Alias = "cache" }] } };
        Assert.Equal(["cache.pin"], SecretScalars.FromSchemas(chart));
    }

    /// <summary>A password in the middle of a long text was read by viewers, or hid the whole text from those who edit it.</summary>
    [Fact]
    public void A_part_of_a_text_is_hidden_and_comes_back_while_the_rest_is_edited()
    {
        const string text = "conf: |\n  # keep\n  level=info\n  password=x1x1\n  token=y1y1\nurl: mysql://a:z1z1@db\n";
        var masked = Secrets.Mask(text, "r", 1, None);
        Assert.DoesNotMatch("x1x1|y1y1|z1z1", masked);
        Assert.StartsWith("conf: |\n  # keep\n  level=info\n  password=__portal_secret:", masked, StringComparison.Ordinal);
        Assert.Equal(text.Replace("info", "debug", StringComparison.Ordinal), Secrets.Unmask(masked.Replace("info", "debug", StringComparison.Ordinal), text, "r", 1, None).Text);
        // Somebody types one of them anew; the other one stays.
        var typed = System.Text.RegularExpressions.Regex.Replace(masked, "token=__portal_secret:[0-9a-f]+__", "token=new");
        Assert.Equal(text.Replace("y1y1", "new", StringComparison.Ordinal), Secrets.Unmask(typed, text, "r", 1, None).Text);
        // What stands for one part stands for nothing else.
        var id = System.Text.RegularExpressions.Regex.Match(masked, "__portal_secret:([0-9a-f]+)__").Groups[1].Value;
        Assert.Equal("x1x1", Secrets.Behind(id, text, "r", 1, None)!.Value);
        Assert.Throws<ProblemException>(() => Secrets.Unmask($"other: a __portal_secret:{id}__ b\n", text, "r", 1, None));
    }

    /// <summary>A report that asked for the path alone showed what the values hid.</summary>
    [Theory]
    [InlineData("spark.jdbcUrl", "jdbc:mysql://iomete:x1@db", true)]
    [InlineData("extra.apiToken", 73190246.0, true)]
    [InlineData("spark.conf", "level=info\npassword=x1", true)]
    [InlineData("auth.createSecret", true, false)]
    [InlineData("spark.level", "info", false)]
    [InlineData("database.password", "", false)]
    public void A_value_is_judged_with_its_path(string path, object value, bool secret) => Assert.Equal(secret, SecretFinder.IsSecret(path, value, None));

    [Fact]
    public void A_schema_may_name_more()
    {
        var schema = SecretScalars.FromSchema(Encoding.UTF8.GetBytes("""{"properties":{"a":{"properties":{"pin":{"format":"password"}}},"b":{"writeOnly":true}}}"""));
        Assert.Equal(["a.pin", "b"], SecretFinder.Find("a:\n  pin: x1\nb: y1\nc: z1\n", schema).Select(s => s.Path));
    }

    [Fact]
    public void A_schema_speaks_through_items_references_and_combinations()
    {
        var schema = SecretScalars.FromSchema(Encoding.UTF8.GetBytes("""
            {"properties":{
              "users":{"items":{"properties":{"pin":{"format":"password"}}}},
              "db":{"allOf":[{"$ref":"#/definitions/login"}]},
              "maps":{"additionalProperties":{"writeOnly":true}}},
             "definitions":{"login":{"properties":{"code":{"writeOnly":true},"again":{"$ref":"#/definitions/login"}}}}}
            """));
        Assert.Equal(["users.0.pin", "users.1.pin", "db.code", "maps.any"], SecretFinder.Find("users:\n  - pin: x1\n    n: a1\n  - pin: x2\ndb:\n  code: y1\n  host: h1\nmaps:\n  any: z1\n", schema).Select(s => s.Path));
    }

    /// <summary>Schemas that said so in these ways were not heard, and viewers read what they called secret. One that refers to itself ends.</summary>
    [Theory]
    [InlineData("""{"properties":{"a":{"writeOnly":true}}}""", "a: {b: x1, c: [{d: x2}]}\nn: y", "a.b,a.c.0.d")]
    [InlineData("""{"properties":{"a":{"properties":{"existingSecret":{"writeOnly":true}}}}}""", "a: {existingSecret: x1}", "a.existingSecret")]
    [InlineData("""{"patternProperties":{"^pin\\.":{"writeOnly":true}}}""", "pin.a: x1\npins: y", "pin\\.a")]
    [InlineData("""{"patternProperties":{"^(?!n)":{"writeOnly":true}}}""", "a: x1", "a")]
    [InlineData("""{"properties":{"a":{"items":[{},{"writeOnly":true}]}}}""", "a: [y, x1, z]", "a.1")]
    [InlineData("""{"properties":{"a":{"prefixItems":[{},{"writeOnly":true}],"items":{"properties":{"p":{"format":"password"}}}}}}""", "a: [y, x1, {p: x2}]", "a.1,a.2.p")]
    [InlineData("""{"properties":{"a":{"additionalProperties":{"additionalProperties":{"writeOnly":true}}}}}""", "a: {b: {c: x1}, d: y}", "a.b.c")]
    [InlineData("""{"if":{"properties":{"a":{"writeOnly":true}}},"then":{"properties":{"b":{"writeOnly":true}}},"else":{"properties":{"c":{"writeOnly":true}}},"not":{"properties":{"d":{"writeOnly":true}}}}""", "a: x1\nb: x2\nc: x3\nd: x4\ne: y", "a,b,c,d")]
    [InlineData("""{"dependentSchemas":{"a":{"properties":{"b":{"writeOnly":true}}}},"dependencies":{"a":{"properties":{"c":{"writeOnly":true}}},"b":["a"]}}""", "a: y\nb: x1\nc: x2", "b,c")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/0~1x/anyOf/0"}},"$defs":{"0/x":{"anyOf":[{"writeOnly":true}]}}}""", "a: x1", "a")]
    [InlineData("""{"properties":{"a":{"$ref":"#pin"},"b":{"$ref":"pin.json"}},"$defs":{"p":{"$anchor":"pin","writeOnly":true},"q":{"$id":"pin.json","$ref":"#/$defs/r","$defs":{"r":{"writeOnly":true}}}}}""", "a: x1\nb: x2", "a,b")]
    [InlineData("""{"$id":"https://example.com/values.json","properties":{"a":{"$ref":"https://example.com/values.json#/$defs/p"},"b":{"$ref":"values.json#q"}},"$defs":{"p":{"writeOnly":true},"q":{"$id":"#q","writeOnly":true}}}""", "a: x1\nb: x2", "a,b")]
    [InlineData("""{"properties":{"pin":{"writeOnly":true},"more":{"items":{"$ref":"#"}},"less":{"$ref":"#"},"same":{"$ref":"#/properties/same"}}}""", "more: [{less: {pin: x1, n: y}}]", "more.0.less.pin")]
    public void A_schema_is_obeyed_wherever_it_speaks(string schema, string text, string secret) =>
        Assert.Equal(secret, string.Join(',', SecretFinder.Find(text, SecretScalars.FromSchema(Encoding.UTF8.GetBytes(schema))).Select(s => s.Path)));

    /// <summary>A key of several lines is indented by YAML and printed line by line: searched for as a whole, it was never found.</summary>
    [Fact]
    public void A_secret_of_several_lines_is_taken_out_line_by_line()
    {
        var redactor = new Redactor(["-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAQEAqkz1Jw==\n-----END KEY-----\n"]);
        var text = redactor.Redact("data:\n  key: |\n    -----BEGIN KEY-----\n    MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n    AQEAqkz1Jw==\n    -----END KEY-----\n");
        Assert.DoesNotContain("MIIEvQIB", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AQEAqkz1", text, StringComparison.Ordinal);
        Assert.Contains("BEGIN KEY", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_secret_is_taken_out_in_clear_and_in_base64()
    {
        var redactor = new Redactor(["canary-1234"]);
        var text = $"a canary-1234 b {Convert.ToBase64String(Encoding.UTF8.GetBytes("canary-1234"))} c";
        Assert.Equal("a [hidden] b [hidden] c", redactor.Redact(text));
    }

    private static string Nested(string line)
    {
        var keys = line[..line.IndexOf(':', StringComparison.Ordinal)].Split('.');
        return string.Concat(keys.Select((k, i) => $"{new string(' ', 2 * i)}{k}:{(i == keys.Length - 1 ? line[line.IndexOf(':', StringComparison.Ordinal)..][1..] : "")}\n"));
    }
}
