using System.Text;
using Portal.Server.Data;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Values;

/// <summary>Secrets as other systems call, form and take them, and names that only sound like one. What is secret is called X9x.</summary>
public sealed class NamedSecretsTests
{
    private static readonly HashSet<string> None = [];

    private static readonly SecretScalars Secrets = new(new SecretBox(Encoding.ASCII.GetBytes(new string('k', 32))));

    /// <summary>Each of these was shown to viewers once: keys of other systems, tokens at neutral keys, logins, flags of commands, files of servers, words of other languages.</summary>
    public static TheoryData<string> Secret => [.. new[]
    {
        """
        rabbitmq: {auth: {erlangCookie: X9x}}
        """,
        """
        env: [{name: RABBITMQ_ERLANG_COOKIE, value: X9x}]
        """,
        """
        spark.hadoop.fs.azure.sas.cont.acct.blob.core.windows.net: X9x
        fs.azure.account.key.acct.dfs.core.windows.net: X9x
        """,
        """
        a: |
          spark.hadoop.fs.azure.sas.cont.acct.blob.core.windows.net=sv=2022&sig=X9xX9xX9xX9xX9xX9x
        """,
        """
        a: sv=2022-11-02&ss=b&sig=X9xX9xX9xX9xX9xX9x%3D
        """,
        """
        a: |
          http-server.https.keystore.key=X9x
          http-server.https.truststore.key=X9x
        """,
        """
        http-server.https.keystore.key: X9x
        """,
        """
        secureJsonData: {httpHeaderValue1: X9x, tlsClientKey: X9x, accessKey: X9x}
        """,
        """
        datasources: |
          datasources:
          - name: a
            url: http://a
            secureJsonData:
              httpHeaderValue1: X9x
        """,
        """
        alertmanager:
          receivers:
          - pagerduty_configs: [{routing_key: X9x, service_key: X9x}]
            pushover_configs: [{user_key: X9x}]
        """,
        """
        env: [{name: PAGERDUTY_ROUTING_KEY, value: X9x}]
        """,
        """
        a: ghp_X9xabcdefghijklmnopqrstuvwxyz0123456
        b: gho_X9xabcdefghijklmnopqrstuvwxyz0123456
        c: ghs_X9xabcdefghijklmnopqrstuvwxyz0123456
        d: github_pat_X9xABCDEFGHIJKLMNOPQRSTU_abcdefghijklmnopqrstuv
        """,
        """
        a: glpat-X9xabcdefghijklmnopq
        b: {c: "use xoxb-123456789012-1234567890123-X9xabcdefghij now"}
        d: xoxp-123456789012-1234567890123-X9xabcdefghij
        e: xapp-1-A123456-1234567890-X9xabcdefghij
        """,
        """
        a: sk_live_X9xabcdefghijklmnop
        b: rk_live_X9xabcdefghijklmnop
        c: sk-proj-X9xabcdefghijklmnop_abcdefghi
        d: sk-ant-api03-X9xabcdefghijklmnop-abc
        """,
        """
        a: AIzaX9xabcdefghijklmnopqrstuvwxyz012345
        b: npm_X9xabcdefghijklmnopqrstuvwxyz0123456
        c: dckr_pat_X9xabcdefghijklmnopqrst
        """,
        """
        a: SG.X9xabcdefghijklmnopqrs.X9xabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN
        b: hvs.X9xCAESIAbcdefghijklmnopq
        c: AGE-SECRET-KEY-1X9xQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ
        """,
        """
        a: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJX9xIiOiIxMjM0NTY3ODkwIn0.X9xdummysignature_abc-def
        """,
        """
        a: see eyJhbGciOiJIUzI1NiJ9.eyJX9xIiOiIxMjM0NTY3ODkwIn0.X9xdummysignature_abc-def here
        """,
        """
        url: https://api.telegram.org/bot123456789:AAFX9xabcdefghijklmnopqrstuvwxyzabc/sendMessage
        """,
        """
        url: https://hooks.zapier.com/hooks/catch/123456/X9xabc/
        """,
        """
        sensitiveKey: X9x
        nifi.sensitive.props.key: X9x
        """,
        """
        a: |
          nifi.sensitive.props.key=X9x
        """,
        """
        env: {NIFI_SENSITIVE_PROPS_KEY: X9x, APP_KEY: "base64:X9x=", OPENAI_KEY: X9x}
        """,
        """
        vault: {secret_id: X9x, secretId: X9x}
        """,
        """
        a: {hmac: X9x, encKey: X9x, dataKey: X9x, kek: X9x, authKey: X9x, appKey: X9x, psk: X9x, pepper: X9x, totpSeed: X9x, pinCode: X9x, pat: X9x, githubPat: X9x, salt: X9x, hashSalt: X9x}
        """,
        """
        a: {pwdDb: X9x, passDb: X9x, db-pass-rw: X9x, ADMIN_PWD_INIT: X9x}
        """,
        """
        env: [{name: ADMIN_PWD_INIT, value: X9x}, {name: APP_KEY, value: X9x}, {name: SECRETS, value: "a=X9x,b=X9x"}]
        """,
        """
        env: [{name: OAUTH_SECRETS_JSON, value: '{"google":"X9x"}'}]
        """,
        """
        env: {BASIC_AUTH: "u:X9x", ELASTIC_AUTH: "elastic:X9x"}
        """,
        """
        env: [{name: ELASTIC_AUTH, value: "elastic:X9x"}]
        """,
        """
        basicAuthUsers: "admin:X9x"
        """,
        """
        basicAuth:
          auth: |
            admin:{SHA}X9xabc=
            anna:$apr1$X9xabc
        """,
        """
        a: |
          location / {
            proxy_set_header X-Api-Key X9x;
            proxy_set_header Authorization "Bearer X9xX9xX9x";
          }
        """,
        """
        a: |
          userlist u
            user anna insecure-password X9x
          stats auth admin:X9x
        """,
        """
        userlist: |
          "app" "X9x"
          "anna" "md5X9x"
        """,
        """
        a: |
          user default on >X9x ~* +@all
        """,
        """
        a: |
          variable "db_password" {
            type    = string
            default = "X9x"
          }
        """,
        """
        a: redis-cli -h db -a X9x ping
        b: redis-cli --no-auth-warning -a 'X9x'
        """,
        """
        a: keytool -genkey -storepass X9x -keypass X9x -alias a
        """,
        """
        a: vault login X9x
        b: vault login -method=token X9x
        """,
        """
        a: echo X9x | docker login -u anna --password-stdin r.io
        b: echo "X9x" | helm registry login --password-stdin r.io
        """,
        """
        a: mongosh -u root -p X9x
        b: ldapsearch -x -D cn=admin -w X9x
        c: sqlcmd -S db -U sa -P X9x -Q "select 1"
        d: cqlsh -u a -p X9x
        e: beeline -u jdbc:hive2://h:10000 -n anna -p X9x
        f: influx -username a -password X9x
        g: htpasswd -bc /f anna X9x
        h: kubectl create secret generic a --from-literal=k=X9x
        """,
        """
        args: ["mongod", "-p", "X9x"]
        """,
        """
        args: ["redis-cli", "-a", "X9x", "ping"]
        """,
        """
        command: [sh, -c, "redis-cli -a X9x ping"]
        """,
        """
        # Grafana: GF_SECURITY_ADMIN_PASSWORD X9x
        a: 1
        """,
        """
        a: {contraseña: X9x, пароль: X9x, senha: X9x, hasło: X9x, mot_de_passe: X9x, motDePasse: X9x, wachtwoord: X9x}
        """,
        """
        a: |
          contraseña=X9x
          пароль: X9x
        """,
        """
        credentials: {region: eu-central-1, secretAccessKey: X9x, pin: X9x}
        """,
        """
        envSecrets: {REGION: eu, FOO: X9x}
        """,
        """
        a: |
          spark.kubernetes.driver.secretKeyRef=x
          spark.fs.s3a.access.token=X9x
        """,
        """
        a: |
          10.0.0.1:5432:portal:anna:X9xabc
          *:*:*:postgres:X9xabc
        """,
        """
        a: Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=X9xX9x=
        """,
        """
        auth: {tokens: [X9x], apiTokens: {ci: X9x}}
        """,
        """
        password: {reset: X9x}
        token: X9x9
        passwordHash: X9x
        """,
        """
        a: 1
        # token: X9x12345
        """,
        """
        a: 'Password: X9xabc1'
        """,
        """
        a: "password: X9x abc def"
        """,
        """
        args: [redis-server, x]
        command: [redis-cli, -a, X9x]
        """,
        """
        containers: [{command: [mongosh], args: [-u, root, -p, X9x]}]
        """,
        """
        a: {wifiPsk: X9x, tls_psk: X9x, walletMnemonic: X9x}
        """,
        """
        BASIC_AUTH: admin:1234
        a: |
          BASIC_AUTH=elastic:X9x
        """,
        """
        a: "ELASTIC_AUTH=elastic:X9x"
        """,
        """
        a: 'node --keypass X9x'
        b: java -jar a.jar -password X9x
        """,
        """
        passwords: {email: X9x, region: X9x, account: X9x}
        """,
        """
        secret: {user_key: X9x}
        """,
    }];

    /// <summary>Each of these was hidden once, or is next to something that is: durations, numbers of tokens, names, paths, images, sentences.</summary>
    public static TheoryData<string> Harmless => [.. new[]
    {
        """
        {compat: v1, path: /data, salty: yes, basalt: stone, patch: X9x}
        """,
        """
        credentials: {region: eu-central-1, zone: a1, bucket: backup-bucket, endpoint: minio.example.com, project: my-project-1, tenant: tenant-01, account: account-1, email: anna@example.com, url: https://example.com, clientId: client-0001, accessKeyId: AKIAIOSFODNN7EXAMPLE}
        other: {a: eu-central-1, b: backup-bucket, c: my-project-1}
        """,
        """
        realm: |
          {"accessTokenLifespan": 86400000, "ssoSessionMaxLifespan": 5}
        """,
        """
        accessTokenLifespan: 86400000
        other: 86400000
        """,
        """
        env: [{name: PASSWORD_RESET_FROM, value: noreply@example.com}]
        PASSWORD_RESET_FROM: noreply@example.com
        """,
        """
        spark.kubernetes.driver.secrets.spark-secret: /etc/secrets
        spark.kubernetes.driver.secretKeyRef.ENV_NAME: name:key
        """,
        """
        a: |
          spark.kubernetes.driver.secrets.spark-secret=/etc/secrets
          spark.kubernetes.driver.secretKeyRef.ENV_NAME=name:key
        """,
        """
        a: |
          delegation.token.max.lifetime.ms=604800000
          delegation.token.expiry.time.ms=86400000
          token.expiry.check.interval.ms=3600000
          password-authenticator.name=file
        """,
        """
        delegation.token.max.lifetime.ms: 604800000
        password-authenticator.name: file
        """,
        """
        annotations: {nginx.ingress.kubernetes.io/auth-secret: basic-auth, nginx.ingress.kubernetes.io/auth-type: basic}
        """,
        """
        annotations: {nginx.ingress.kubernetes.io/auth-secret: ns/basic-auth, nginx.ingress.kubernetes.io/auth-tls-secret: ns/ca, a/auth-secret-type: auth-file}
        """,
        """
        grafana: {envFromSecret: grafana-env, envFromSecrets: [{name: a}]}
        """,
        """
        auth: {adminPasswordSecretKey: admin-password, secretKeyName: admin-password, passwordSecretKey: pw}
        """,
        """
        a: |
          fe80:22:aa:bb:cc:dd
          fe80:22:aa:bb:cc
          aa:10:b:c:d
        """,
        """
        a: fe80:22:aa:bb:cc:dd
        """,
        """
        a: Endpoint=sb://x/;SharedAccessKeyName=RootManageSharedAccessKey
        """,
        """
        llm: {tokens: 128000, tokensPerMinute: 60000, promptTokens: 4000, contextTokens: 8000, token_limit: 4096, maxTokens: 100, maxNewTokens: 512, stopTokens: 2}
        """,
        """
        args: ["--max-tokens", "5000", "--max-num-batched-tokens", "8192"]
        """,
        """
        args: "--max-num-batched-tokens=8192 --max-tokens 5000"
        """,
        """
        a: {jwtTokenExpirationMs: 3600000, refreshTokenMaxAge: 30d, accessTokenValidity: 3600, tokenBucketRefillRate: 10, tokenType: Bearer, tokenName: my-token, tokenizerModel: bert-base}
        """,
        """
        passwordReset: r.io/x/password-reset:2.0
        images: {passwordReset: r.io/x/password-reset:2.0}
        """,
        """
        a: {passwordEncoder: bcrypt, passwordMaxAge: 90, passwordHistory: 5, passwordRotationSchedule: 0 0 * * *}
        """,
        """
        serviceAccountTokenProjection: {audience: vault, expirationSeconds: 3600}
        """,
        """
        serviceAccountTokenProjection: bound
        """,
        """
        env: {TOKENIZERS_PARALLELISM: x, API_KEYS_ENABLED: "1", CREDENTIAL_HELPER: ecr-login, LOG_PASSWORD_ATTEMPTS: 5}
        """,
        """
        a: "Password: at least 12 characters, token: valid for one hour"
        """,
        """
        a: 'Token: ask the admin'
        """,
        """
        # tokens: see docs
        # token: see the docs
        a: 1
        """,
        """
        a: aHR0cHM6Ly93d3cuZXhhbXBsZS5jb20vYS9wYXRoL3RvL2EvZmlsZQ==
        """,
        """
        a: {accessKeyId: AKIAIOSFODNN7EXAMPLE, aws_access_key_id: AKIAIOSFODNN7EXAMPLE}
        """,
        """
        image: r.io/x/sk-proj:1.0
        a: npm_config_cache
        b: xoxb-
        c: task-live_abc
        """,
        """
        a: {auth: enabled, basicAuth: true, authType: "basic:x", clusterAuth: "ldap://host:389"}
        """,
        """
        auth: |
          level: info
        """,
        """
        AUTH_URL: http://auth:8080
        OAUTH_AUTH: keycloak
        """,
        """
        pinCodes: true
        a: {primaryKey: id, partitionKey: user_id, sortKey: ts, keyField: a, apiKeyHeader: X-A, hotKey: a, foreignKey: b, keyspace: a}
        """,
        """
        a: |
          server { listen 80; proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Api-Key $key; }
        """,
        """
        a: |
          variable "region" {
            default = "eu"
          }
        """,
        """
        a: ls -a dir; tar -p x; grep -w word file; docker run -p 8080:80 nginx; cp -p a b; ssh -p 22 host; mkdir -p /tmp/x
        """,
        """
        args: ["docker", "run", "-p", "8080:80"]
        """,
        """
        args: ["nginx", "-p", "/etc/nginx"]
        """,
        """
        a: vault login -method=oidc
        b: echo done | tee x
        """,
        """
        a: psql -w -h db
        b: kubectl logs -p pod
        """,
        """
        a: |
          user anna off nopass
          appKeyId: abc
        """,
        """
        httpHeaderName1: X-Scope
        jsonData: {httpHeaderName1: X-Scope-OrgID, tlsAuth: true}
        """,
        """
        cookie: {name: sid, secure: true}
        pepperoni: pizza
        salt-image: a
        keycloak: x
        monkey: y
        passthrough: x
        bypass: y
        compassUrl: z
        passiveMode: on2
        password_attempts: 5
        """,
        """
        "routing_keys": [a, b]
        partitions: {routingField: a}
        """,
        """
        # Database passwords are kept in the vault
        # The token TOKEN_NAME is read
        a: 1
        """,
        """
        a: "foo" 
        b: |
          "app" "one" "two"
          "key": "value"
        """,
        """
        refs: {userKey: username, hostKey: host}
        auth: {existingSecret: a, secretKeys: {adminPasswordKey: admin-password, userPasswordKey: password, authKey: auth-key}}
        """,
        """
        a: |
          location / { proxy_pass http://backend; }
          fastcgi_pass unix:/run/php.sock;
        """,
        """
        args: [-p, "8080"]
        command: [http-server]
        """,
        """
        a: cat user foo > file
        """,
        """
        a: |
          ELASTIC_AUTH=elasticsearch:9200
          AUTH: http://auth:80
        """,
        """
        ELASTIC_AUTH: elasticsearch:9200
        """,
        """
        initialDelay: 3
        hmacEnabled: true
        passHostHeader: x
        seedNodes: a
        azure: {region: westeurope, account: acc, container: c}
        kekule: 1
        """,
        """
        apiKey: {secretName: a, enabled: true}
        accessKeyId: AKIAIOSFODNN7EXAMPLE
        """,
    }];

    [Theory]
    [MemberData(nameof(Secret))]
    public void What_is_secret_is_hidden_and_comes_back(string text)
    {
        Assert.DoesNotContain("X9x", SecretScalars.Hide(text, None, _ => "*"), StringComparison.Ordinal);
        Assert.Equal(text, Secrets.Unmask(Secrets.Mask(text, "r", 1, None), text, "r", 1, None).Text);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void What_is_not_stays_readable(string text) => Assert.Equal(text, SecretScalars.Hide(text, None, _ => "*"));
}
