namespace Portal.Sandbox.Apply;

/// <summary>Who writes an object, through which door and when.</summary>
/// <param name="Manager">The field manager.</param>
/// <param name="ApiVersion">The version the object is written in.</param>
/// <param name="Subresource">status, scale or empty.</param>
/// <param name="Time">RFC 3339, whole seconds.</param>
/// <param name="ResetStatus">The main endpoint of a kind with a status subresource: its status cannot be owned there.</param>
internal sealed record Writer(string Manager, string ApiVersion, string Subresource, string Time, bool ResetStatus)
{
    /// <summary>Removes the fields that cannot be written through this door.</summary>
    public void Strip(FieldSet set)
    {
        if (Subresource == "status")
        {
            set.Cut("f:spec");
        }
        else if (ResetStatus)
        {
            set.Cut("f:status");
        }
    }
}
