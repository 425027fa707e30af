using System.Net;
using System.Net.Http.Json;
using System.Text;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Overview;

namespace Portal.Server.Tests.Access;

public sealed class SignInTests(PortalServer portal)
{
    [Fact]
    public async Task The_session_cookie_is_out_of_reach_of_scripts_and_other_sites()
    {
        using var client = portal.Anonymous();
        var answer = await PortalServer.PostAsync(client, "session", new SignInRequest("viewer", PortalServer.Password));
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_name_answer_alike()
    {
        using var client = portal.Anonymous();
        await portal.CreateUserAsync("mistyper", Role.Viewer);
        var wrong = await PortalServer.ProblemAsync(await PortalServer.PostAsync(client, "session", new SignInRequest("mistyper", "not-the-password")), 401, "wrong-password");
        var unknown = await PortalServer.ProblemAsync(await PortalServer.PostAsync(client, "session", new SignInRequest("nobody", "not-the-password")), 401, "wrong-password");
        Assert.Equal(wrong.GetProperty("detail").GetString(), unknown.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_name_even_for_the_right_one()
    {
        await portal.CreateUserAsync("forgetful", Role.Viewer);
        using var client = portal.Anonymous();
        for (var i = 0; i < 5; i++)
        {
            await PortalServer.PostAsync(client, "session", new SignInRequest("forgetful", $"wrong-password-{i}"));
        }

        var answer = await PortalServer.PostAsync(client, "session", new SignInRequest("forgetful", PortalServer.Password));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    /// <summary>Only the browser's cookie was removed; a copy of it was good for the rest of its life.</summary>
    [Fact]
    public async Task Who_signs_out_is_out_with_every_copy_of_the_cookie()
    {
        await portal.CreateUserAsync("goer", Role.Viewer);
        using var client = portal.Anonymous();
        var answer = await PortalServer.PostAsync(client, "session", new SignInRequest("goer", PortalServer.Password));
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
        (await client.DeleteAsync($"{Routes.Api}/session")).EnsureSuccessStatusCode();
        using var copy = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = portal.Url };
        copy.DefaultRequestHeaders.Add("Cookie", cookie);
        Assert.Equal(HttpStatusCode.Unauthorized, (await copy.GetAsync($"{Routes.Api}/session")).StatusCode);
    }

    /// <summary>Somebody who changed nothing but a display name was signed out.</summary>
    [Fact]
    public async Task A_new_display_name_ends_no_session()
    {
        await portal.CreateUserAsync("renamed", Role.Viewer);
        using var client = await portal.SignInAsync("renamed", PortalServer.Password);
        var user = (await PortalServer.GetAsync<Page<User>>(portal.Admin, "users")).Items.Single(u => u.UserName == "renamed");
        (await portal.Admin.PatchAsJsonAsync($"{Routes.Api}/users/{user.Id}", new UpdateUserRequest(DisplayName: "Another name", Roles: [Role.Viewer]), PortalServer.Json)).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{Routes.Api}/session")).StatusCode);
    }

    [Fact]
    public async Task A_disabled_user_is_out_at_once()
    {
        await portal.CreateUserAsync("leaver", Role.Viewer);
        using var leaver = await portal.SignInAsync("leaver", PortalServer.Password);
        var id = (await PortalServer.GetAsync<Page<User>>(portal.Admin, "users")).Items.Single(u => u.UserName == "leaver").Id;
        await portal.Admin.PatchAsJsonAsync($"{Routes.Api}/users/{id}", new UpdateUserRequest(Disabled: true), PortalServer.Json);
        Assert.Equal(HttpStatusCode.Unauthorized, (await leaver.GetAsync($"{Routes.Api}/session")).StatusCode);
    }

    [Fact]
    public async Task A_new_password_ends_other_sessions()
    {
        await portal.CreateUserAsync("changer", Role.Viewer);
        using var here = await portal.SignInAsync("changer", PortalServer.Password);
        using var elsewhere = await portal.SignInAsync("changer", PortalServer.Password);
        var answer = await PortalServer.PostAsync(here, "session/password", new ChangePasswordRequest(PortalServer.Password, "another-long-password"));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.GetAsync($"{Routes.Api}/session")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync($"{Routes.Api}/session")).StatusCode);
    }

    [Fact]
    public async Task A_token_works_until_it_is_deleted()
    {
        var created = await PortalServer.ReadAsync<CreatedToken>(await PortalServer.PostAsync(portal.Operator, "tokens", new CreateTokenRequest("pipeline", 1)));
        using var program = portal.WithToken(created.Secret);
        var session = await PortalServer.GetAsync<Session>(program, "session");
        Assert.Equal("operator", session.UserName);
        await portal.Operator.DeleteAsync($"{Routes.Api}/tokens/{created.Token.Id}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync($"{Routes.Api}/session")).StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_call_from_another_site_is_refused(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/tokens") { Content = JsonContent.Create(new CreateTokenRequest("evil")) };
        request.Headers.Add(header, value);
        await PortalServer.ProblemAsync(await portal.Operator.SendAsync(request), 403, "cross-site");
    }

    [Fact]
    public async Task A_form_is_refused()
    {
        using var form = new StringContent("{\"name\":\"evil\"}", Encoding.UTF8, "text/plain");
        await PortalServer.ProblemAsync(await portal.Operator.PostAsync($"{Routes.Api}/tokens", form), 415, "content-type");
    }

    [Fact]
    public async Task A_role_that_does_not_exist_is_refused()
    {
        using var body = new StringContent("{\"userName\":\"odd\",\"displayName\":\"odd\",\"roles\":[99],\"password\":\"a-long-test-password\"}", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await portal.Admin.PostAsync($"{Routes.Api}/users", body)).StatusCode);
        Assert.DoesNotContain((await PortalServer.GetAsync<Page<User>>(portal.Admin, "users")).Items, u => u.UserName == "odd");
    }

    [Fact]
    public async Task What_was_refused_stands_in_the_audit_log()
    {
        await portal.Viewer.GetAsync($"{Routes.Api}/users");
        var entries = (await PortalServer.GetAsync<Page<AuditEntry>>(portal.Admin, "audit?who=viewer")).Items;
        Assert.Contains(entries, e => !e.Allowed && e.Action == "GET /api/v1/users");
    }
}
