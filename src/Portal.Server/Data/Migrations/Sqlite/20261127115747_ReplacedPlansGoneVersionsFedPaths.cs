using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Portal.Server.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class ReplacedPlansGoneVersionsFedPaths : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Fed",
                table: "values_revisions",
                type: "longtext",
                maxLength: 1000000,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReplacesId",
                table: "plans",
                type: "TEXT",
                maxLength: 255,
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "GoneAt",
                table: "chart_versions",
                type: "TEXT",
                precision: 6,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Fed",
                table: "values_revisions");

            migrationBuilder.DropColumn(
                name: "ReplacesId",
                table: "plans");

            migrationBuilder.DropColumn(
                name: "GoneAt",
                table: "chart_versions");
        }
    }
}
