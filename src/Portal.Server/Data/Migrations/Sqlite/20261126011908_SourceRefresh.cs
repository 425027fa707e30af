using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Portal.Server.Data.Migrations.Sqlite
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
                type: "TEXT",
                maxLength: 255,
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Failures",
                table: "chart_sources",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Hosts",
                table: "chart_sources",
                type: "TEXT",
                maxLength: 2000,
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "NextRefreshAt",
                table: "chart_sources",
                type: "TEXT",
                precision: 6,
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "PlainHttp",
                table: "chart_sources",
                type: "INTEGER",
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
