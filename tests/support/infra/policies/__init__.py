"""What our files must keep to, beyond being valid Bicep. Each policy returns its complaints."""
