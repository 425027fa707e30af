using Portal.Helm.Actions;

namespace Portal.Server.Tests;

/// <summary>For actions whose events nobody looks at.</summary>
internal sealed class Nobody : IHelmObserver
{
    public void OnEvent(HelmEvent helmEvent)
    {
    }
}
