using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Portal.Server.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "audit",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    At = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false),
                    Who = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Action = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Target = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Allowed = table.Column<bool>(type: "INTEGER", nullable: false),
                    Detail = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_audit", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "backups",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ReleaseId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    OperationId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    Revision = table.Column<int>(type: "INTEGER", nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false),
                    Size = table.Column<long>(type: "INTEGER", nullable: false),
                    Digest = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ReferencedSecrets = table.Column<string>(type: "TEXT", maxLength: 8000, nullable: false),
                    Archive = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backups", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "chart_sources",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Url = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    Credentials = table.Column<byte[]>(type: "BLOB", nullable: true),
                    CertificateAuthority = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: true),
                    RefreshedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    Error = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_chart_sources", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "chart_versions",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    SourceId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Version = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    Digest = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    AppVersion = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    Description = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    Deprecated = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    Url = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    Archive = table.Column<byte[]>(type: "BLOB", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_chart_versions", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "clusters",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Environment = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Server = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Kubeconfig = table.Column<byte[]>(type: "BLOB", nullable: true),
                    Reachability = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    KubernetesVersion = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    CheckedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    Error = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_clusters", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "operation_log",
                columns: table => new
                {
                    OperationId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Seq = table.Column<long>(type: "INTEGER", nullable: false),
                    At = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false),
                    Step = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    Level = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Source = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Text = table.Column<string>(type: "TEXT", maxLength: 1000000, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_operation_log", x => new { x.OperationId, x.Seq });
                });

            migrationBuilder.CreateTable(
                name: "operations",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    ReleaseId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ActiveReleaseId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    PlanId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    PlanDigest = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    RequestedBy = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    RequestedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false),
                    IdempotencyKey = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    DecidedBy = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    DecidedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    DecisionComment = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true),
                    ScheduleAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    StartedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    EndedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    Owner = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    LeaseUntil = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    Fence = table.Column<long>(type: "INTEGER", nullable: false),
                    Steps = table.Column<string>(type: "TEXT", maxLength: 8000, nullable: false),
                    Waiting = table.Column<string>(type: "TEXT", maxLength: 1000000, nullable: false),
                    Failure = table.Column<string>(type: "TEXT", maxLength: 1000000, nullable: true),
                    ResultRevision = table.Column<int>(type: "INTEGER", nullable: true),
                    BackupId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    LastSeq = table.Column<long>(type: "INTEGER", nullable: false),
                    CancelRequested = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    CancelledBy = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    TraceParent = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_operations", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "plans",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ReleaseId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Digest = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    VoidReason = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    Error = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: true),
                    FromChartVersion = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    ToChartVersion = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    ChartDigest = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    FromRevision = table.Column<int>(type: "INTEGER", nullable: true),
                    ToRevision = table.Column<int>(type: "INTEGER", nullable: true),
                    ValuesRevision = table.Column<int>(type: "INTEGER", nullable: true),
                    FromValuesRevision = table.Column<int>(type: "INTEGER", nullable: true),
                    Options = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    Prepared = table.Column<byte[]>(type: "BLOB", nullable: true),
                    Content = table.Column<byte[]>(type: "BLOB", nullable: true),
                    Outcomes = table.Column<string>(type: "longtext", maxLength: 1000000, nullable: true),
                    CreatedBy = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_plans", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "portal_facts",
                columns: table => new
                {
                    Name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Value = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_portal_facts", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "releases",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ClusterId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Namespace = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 53, nullable: false),
                    SourceId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Chart = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ChartVersion = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    AppVersion = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    Revision = table.Column<int>(type: "INTEGER", nullable: true),
                    Status = table.Column<string>(type: "TEXT", maxLength: 255, nullable: true),
                    Health = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    HealthSince = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    HealthCause = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    ObservedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    ValuesRevision = table.Column<int>(type: "INTEGER", nullable: true),
                    ApprovalRequired = table.Column<bool>(type: "INTEGER", nullable: false),
                    RollbackOnFailure = table.Column<bool>(type: "INTEGER", nullable: false),
                    TimeoutSeconds = table.Column<int>(type: "INTEGER", nullable: false),
                    GraceSeconds = table.Column<int>(type: "INTEGER", nullable: false),
                    RunTests = table.Column<bool>(type: "INTEGER", nullable: false),
                    HistoryMax = table.Column<int>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_releases", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "tokens",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    UserId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Hash = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false),
                    ExpiresAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    LastUsedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_tokens", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "users",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    UserName = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    DisplayName = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Roles = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    PasswordHash = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    Stamp = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Disabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    FailedSignIns = table.Column<int>(type: "INTEGER", nullable: false),
                    LockedUntil = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false),
                    LastSignInAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_users", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "values_drafts",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ReleaseId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    UserId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Text = table.Column<byte[]>(type: "BLOB", nullable: false),
                    BaseRevision = table.Column<int>(type: "INTEGER", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_values_drafts", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "values_revisions",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    ReleaseId = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Number = table.Column<int>(type: "INTEGER", nullable: false),
                    Text = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Hash = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Author = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    Message = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", precision: 6, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_values_revisions", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_backups_ReleaseId",
                table: "backups",
                column: "ReleaseId");

            migrationBuilder.CreateIndex(
                name: "IX_chart_sources_Name",
                table: "chart_sources",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_chart_versions_SourceId_Name_Version",
                table: "chart_versions",
                columns: new[] { "SourceId", "Name", "Version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_clusters_Name",
                table: "clusters",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_operations_ActiveReleaseId",
                table: "operations",
                column: "ActiveReleaseId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_operations_IdempotencyKey",
                table: "operations",
                column: "IdempotencyKey",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_operations_ReleaseId_RequestedAt",
                table: "operations",
                columns: new[] { "ReleaseId", "RequestedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_operations_State",
                table: "operations",
                column: "State");

            migrationBuilder.CreateIndex(
                name: "IX_plans_ReleaseId",
                table: "plans",
                column: "ReleaseId");

            migrationBuilder.CreateIndex(
                name: "IX_releases_ClusterId_Namespace_Name",
                table: "releases",
                columns: new[] { "ClusterId", "Namespace", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_tokens_Hash",
                table: "tokens",
                column: "Hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_users_UserName",
                table: "users",
                column: "UserName",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_values_drafts_ReleaseId_UserId",
                table: "values_drafts",
                columns: new[] { "ReleaseId", "UserId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_values_revisions_ReleaseId_Number",
                table: "values_revisions",
                columns: new[] { "ReleaseId", "Number" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "audit");

            migrationBuilder.DropTable(
                name: "backups");

            migrationBuilder.DropTable(
                name: "chart_sources");

            migrationBuilder.DropTable(
                name: "chart_versions");

            migrationBuilder.DropTable(
                name: "clusters");

            migrationBuilder.DropTable(
                name: "operation_log");

            migrationBuilder.DropTable(
                name: "operations");

            migrationBuilder.DropTable(
                name: "plans");

            migrationBuilder.DropTable(
                name: "portal_facts");

            migrationBuilder.DropTable(
                name: "releases");

            migrationBuilder.DropTable(
                name: "tokens");

            migrationBuilder.DropTable(
                name: "users");

            migrationBuilder.DropTable(
                name: "values_drafts");

            migrationBuilder.DropTable(
                name: "values_revisions");
        }
    }
}
