using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Portal.Server.Data.Migrations.MySql
{
    /// <inheritdoc />
    public partial class SourceRefresh : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "ServedDigest",
                table: "chart_versions",
                type: "varchar(255)",
                maxLength: 255,
                nullable: true,
                collation: "utf8mb4_bin")
                .Annotation("MySql:CharSet", "utf8mb4");

            migrationBuilder.AddColumn<int>(
                name: "Failures",
                table: "chart_sources",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Hosts",
                table: "chart_sources",
                type: "varchar(2000)",
                maxLength: 2000,
                nullable: true,
                collation: "utf8mb4_bin")
                .Annotation("MySql:CharSet", "utf8mb4");

            migrationBuilder.AddColumn<DateTime>(
                name: "NextRefreshAt",
                table: "chart_sources",
                type: "datetime(6)",
                precision: 6,
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "PlainHttp",
                table: "chart_sources",
                type: "tinyint(1)",
                nullable: false,
                defaultValue: false);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "ServedDigest",
                table: "chart_versions");

            migrationBuilder.DropColumn(
                name: "Failures",
                table: "chart_sources");

            migrationBuilder.DropColumn(
                name: "Hosts",
                table: "chart_sources");

            migrationBuilder.DropColumn(
                name: "NextRefreshAt",
                table: "chart_sources");

            migrationBuilder.DropColumn(
                name: "PlainHttp",
                table: "chart_sources");
        }
    }
}
