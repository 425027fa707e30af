using System.Text;
using Portal.Server.Data;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Values;

/// <summary>Texts within the values: documents of other systems, manifests, settings. What is secret in them is called x1.</summary>
public sealed class NestedSecretsTests
{
    private static readonly HashSet<string> None = [];

    private static readonly SecretScalars Secrets = new(new SecretBox(Encoding.ASCII.GetBytes(new string('k', 32))));

    /// <summary>Each of these was shown to viewers once.</summary>
    public static TheoryData<string> Secret => [.. new[]
    {
        """
        extraEnv: |
          - name: X_PASSWORD
            value: x1x1
          - name: LEVEL
            value: info
        """,
        """
        extraDeploy:
          - apiVersion: v1
            kind: Secret
            metadata: {name: a}
            stringData: {foo: x1x1}
            data:
              bar: eDF4MQ==x1
        """,
        """
        extraDeploy:
          - |
            apiVersion: v1
            kind: Secret
            metadata:
              name: {{ .Release.Name }}
            {{- if .Values.a }}
            stringData:
              foo: x1x1
            {{- end }}
            ---
            kind: ConfigMap
            data: {a: b}
            ---
            kind: Secret
            data: {a: x1x1}
        """,
        """
        a: '{"passwords":{"anna":"x1"}}'
        """,
        """
        a: '{"tokens":["x1", "x1b"]}'
        """,
        """
        a: '{"password":{"value":"x1"}}'
        """,
        """
        realm: |
          {
            "realm": "a",
            "users": [{"username": "anna", "credentials": [{"type": "password", "value": "x1"}]}]
          }
        """,
        """
        realm: '{"realm":"a","users":[{"username":"anna","credentials":[{"type":"password","value":"x1"}]}]}'
        """,
        """
        a: |
          password:
            value: x1
        """,
        """
        a: |
          password:
            x1
        """,
        """
        a: |
          password: "x1
            x1"
        """,
        """
        a: |
          spark.hadoop.fs.s3a.secret.key   x1
          spark.master	k8s
        """,
        """
        a: |
          spark.hadoop.fs.s3a.secret.key	x1 x1
        """,
        """
        a: |
          <configuration><property><name>fs.s3a.secret.key</name><final>true</final><value>x1</value></property></configuration>
        """,
        """
        a: |
          <beans><property name="password" value="x1"/><entry key="db.password">x1</entry><property value="x1" name="dbPassword"/></beans>
        """,
        """
        a: <password type="plain">x1</password>
        """,
        """
        a: <password><![CDATA[x1<x1]]></password>
        """,
        """
        cert: |
          cGFzc3dvcmQ9eDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgx
          eDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgxeDF4MXgx
        """,
        """
        sharedAccessKey: x1
        SharedAccessKey: x1
        """,
        """
        a: Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=x1x1=
        """,
        """
        url: jdbc:oracle:thin:scott/x1@db:1521/x
        """,
        """
        clientSecretProd: x1
        JWT_SECRET_CURRENT: x1
        session_secret_v2: x1
        cookieSecretHex: x1
        adminPassOld: x1
        """,
        """
        args: [curl, -u, "anna:x1"]
        """,
        """
        args: curl -uanna:x1 http://a
        """,
        """
        env: [{Name: DB_PASSWORD, Value: x1}, {key: DB_PASSWORD, val: x1}, {parameter: db_password, value: x1}]
        """,
        """
        unsealKeys: [x1]
        sshKey: x1
        deployKey: x1
        keytab: x1
        licenseKey: x1
        """,
        """
        jwt: {key: x1}
        storage: {account: a, key: x1}
        """,
        """
        url: https://x1x1x1x1x1x1x1x1x1x1x1@github.com/a/b
        """,
        """
        url: https://a.blob.core.windows.net/c?sv=2020&sig=x1x1x1x1x1x1x1x1x1
        """,
        """
        url: https://hooks.slack.com/services/T0/B0/x1x1
        url2: https://discord.com/api/webhooks/123/x1x1
        """,
        """
        registries: {r.io: {auth: YW5uYTp4MXgx}}
        b: y
        """,
        """
        kubeconfig: |
          users:
          - name: a
            user:
              client-key-data: x1x1
              token: x1
        """,
        """
        a: '{"password": "x1\"x1 \u00e4"}'
        """,
        """
        a: eyJwYXNzd29yZCI6IngxeDF4MXgxIn0=
        b: y
        """,
        """
        a: |
          define('DB_PASSWORD', 'x1');
          $a->setPassword("x1");
        """,
        """
        a: |
          machine x login anna password x1
        """,
        """
        a: |
          machine x
          login anna
          password x1
        """,
        """
        a: |
          db:5432:portal:anna:x1
        """,
        """
        a: |
          requirepass x1
          masterauth x1
        """,
        """
        a: ALTER USER 'a'@'b' IDENTIFIED BY 'x1';
        """,
        """
        a: sshpass -p x1 ssh a@b
        """,
        """
        a: docker login -u a -p x1 r.io
        """,
        """
        a: mysql://anna:x1/x1@db/portal
        """,
        """
        passwort: x1
        kennwort: x1
        dbPswd: x1
        """,
        """
        a: |
          [db]
          password = '''x1
          x1'''
          host = "a"
        """,
        """
        passwordAccount: x1
        """,
        """
        a: |
          # realm
          {"clients": [{"clientId": "a", "secret": "x1", "attributes": {"client.secret.rotated": "x1"}}]}
        """,
        """
        a: "{\n  \"db\": {\n \"password\": \"x1\"\n}}"
        """,
        """
        a: |
          - name: X
            secretValue: x1
          - |
            token: x1
        """,
        """
        password: <X>x1
        """,
        """
        a: password=<x1>
        """,
        """
        a: |
            - db:
                password: |
                  x1
                  x1
              host: a
        """,
        """
        a: >
          {"password":
          "x1"}
        """,
        """
        a: "password:\n  value: x1\n"
        """,
        """
        a: ["{\"token\": \"x1\"}", {"b": "{\"c\": \"{\\\"password\\\": \\\"x1\\\"}\"}"}]
        """,
        """
        a: |
          # comment password=x1
          b: c # token: x1
        """,
        """
        a:
          # extraEnv: |
          #   - name: A_PASSWORD
          #     value: x1
          b: c
        """,
        """
        # Set it:
        # password: x1
        # other: y
        a: b # token: x1
        """,
    }];

    /// <summary>Each of these was hidden once, though it says where a secret is, or how it is made.</summary>
    public static TheoryData<string> Harmless => [.. new[]
    {
        """
        image: r.io/iomete/iom-token-service:1.10.4
        other: 1.10.4
        """,
        """
        maxTokens: 1000
        tokenUrl: https://a/b
        tokenEndpoint: https://a/b
        tokenizer: standard
        conf: {fs.s3a.aws.credentials.provider: org.apache.X}
        credentialsProvider: org.apache.X
        passwordHashAlgorithm: argon2
        apiKeyHeader: X-Api-Key
        tokenVersion: v1
        tokenReplicas: 2
        tokenReviewer: a
        useTokens: 3
        passwordSecret: my-secret
        passwordKey: db-password
        passwordFile: /etc/secrets/pw
        tokenPath: /var/run/secrets/token
        credentialsFile: /etc/c.json
        """,
        """
        a: |
          spark.hadoop.fs.s3a.aws.credentials.provider=org.apache.X
          image=r.io/a/token:1.2
        """,
        """
        a: |
          password for the admin is kept elsewhere
          token expired and gone
        """,
        """
        a: |
          password: ${DB_PASSWORD}
          existingSecret: db
          secretName: a
          env:
          - name: DB_PASSWORD
            valueFrom: {secretKeyRef: {name: db, key: password}}
        """,
        """
        a: |
          password: {{ .Values.a | quote }}
          token: "{{ .Values.b }}"
        """,
        """
        a: "user 1000:1000 -u 1000:1000"
        """,
        """
        url: http://host:8080/a@b
        """,
        """
        a: |
          apiVersion: v1
          kind: Pod
          metadata: {name: a-token-service, labels: {a: b}}
          spec:
            containers: [{name: a, image: "r.io/a/token:1", env: [{name: A, value: b}]}]
            volumes: [{name: a, secret: {secretName: b}}]
        """,
        """
        a: |
          -----BEGIN CERTIFICATE-----
          MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAGA1UE
          -----END CERTIFICATE-----
        """,
        """
        # The token of the API
        # token   The token of it
        # password required
        # @default -- nothing
        a: b
        """,
    }];

    [Theory]
    [MemberData(nameof(Secret))]
    public void What_is_secret_in_a_text_is_hidden_and_comes_back(string text)
    {
        Assert.DoesNotContain("x1", SecretScalars.Hide(text, None, _ => "*"), StringComparison.Ordinal);
        Assert.Equal(text, Secrets.Unmask(Secrets.Mask(text, "r", 1, None), text, "r", 1, None).Text);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void What_is_not_stays_readable(string text) => Assert.Equal(text, SecretScalars.Hide(text, None, _ => "*"));

    /// <summary>Of the realm's users the names stay, and every password is one of its own.</summary>
    [Fact]
    public void A_document_keeps_its_form()
    {
        const string text = "realm: |\n  {\"users\": [\n    {\"username\": \"anna\", \"credentials\": [{\"type\": \"password\", \"value\": \"x1\"}]}\n  ]}\n";
        Assert.Equal(text.Replace("x1", "*", StringComparison.Ordinal), SecretScalars.Hide(text, None, _ => "*"));
    }

    /// <summary>Words that everybody uses made images and key names unreadable; a phrase of some words was shown where a writer of YAML broke its line.</summary>
    [Fact]
    public void Common_words_are_hidden_where_they_are_given_to_a_secret_and_phrases_over_line_breaks()
    {
        var redactor = new Redactor(["admin", "3306", "correct horse 99"]);
        Assert.Equal("image: r.io/admin:3306 password=[hidden] port: 3306", redactor.Redact("image: r.io/admin:3306 password=admin port: 3306"));
        Assert.Equal("a: a long text\n  before [hidden]\n", redactor.Redact("a: a long text\n  before correct\n    horse 99\n"));
    }

    /// <summary>Writers of JSON, addresses and shell scripts have their own escapes.</summary>
    [Theory]
    [InlineData("\u00e4/x1x1", "\\u00e4/x1x1")]
    [InlineData("\u00e4/x1x1", "%c3%a4%2fx1x1")]
    [InlineData("a'x1x1", "a'\\''x1x1")]
    [InlineData("  x1x1 ", "x1x1")]
    [InlineData("x1+x1/x1", "x1+x1%2Fx1")]
    [InlineData("x1+x 1/x1", "x1+x%201/x1")]
    [InlineData("x1x1x1x1", "7831783178317831")]
    [InlineData("x1x1Kx1x1", "783178314B78317831")]
    public void A_secret_is_found_in_other_writings(string secret, string written) => Assert.Equal("a [hidden] b", new Redactor([secret]).Redact($"a {written} b"));
}
